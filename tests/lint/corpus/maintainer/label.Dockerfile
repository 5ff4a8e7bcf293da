FROM debian:12.5
LABEL maintainer="me@example.com"
USER 1000
