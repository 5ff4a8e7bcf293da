FROM debian:12
COPY a.tar.gz /tmp/
RUN tar -xzf /tmp/a.tar.gz
