FROM debian:12.5 AS one
COPY a b
WORKDIR /one
COPY a b
FROM one AS two
COPY a b
FROM debian:12.5
COPY a b
USER 1000
