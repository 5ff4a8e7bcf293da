FROM debian:12 AS a
COPY a.tar.gz /tmp/
FROM a
RUN tar -xf /tmp/a.tar.gz
FROM debian:12
COPY --from=a /tmp/a.tar.gz /tmp/
RUN tar -xf /tmp/a.tar.gz
FROM debian:12
RUN tar -xf a.tar.gz
COPY a.tar.gz .
