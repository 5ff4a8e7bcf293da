FROM debian:12
USER root
ONBUILD USER app
