FROM debian:12
RNU ls
USER root
