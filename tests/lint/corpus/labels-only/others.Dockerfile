FROM debian:12.5
LABEL title=x
LABEL other=x
LABEL other=x another=y
USER 1000
