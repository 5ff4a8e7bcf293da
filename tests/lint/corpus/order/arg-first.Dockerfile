# about
ARG TAG=12.5

FROM debian:$TAG
USER 1000
