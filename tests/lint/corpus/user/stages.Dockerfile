FROM debian:12 AS a
USER root
FROM a
RUN ls
FROM a
USER app
