FROM debian:12
COPY a.tar.gz /tmp/
COPY b.zip /tmp/
RUN tar -tzf /tmp/a.tar.gz
RUN tar -czf /tmp/a.tar.gz x
