FROM debian:12.5
LABEL title=x
USER 1000
