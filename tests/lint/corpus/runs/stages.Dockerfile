FROM debian:12.5 AS one
RUN ./a
FROM one
RUN ./b
USER 1000
