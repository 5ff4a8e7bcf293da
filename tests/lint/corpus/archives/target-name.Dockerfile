FROM debian:12
COPY x /tmp/a.tar.gz
RUN tar -xf /tmp/a.tar.gz
COPY b.tar.gz /tmp/c.tar.gz
RUN tar -xf /tmp/b.tar.gz
COPY d.tar.gz /tmp/e.tar.gz
RUN tar -xf /tmp/e.tar.gz
