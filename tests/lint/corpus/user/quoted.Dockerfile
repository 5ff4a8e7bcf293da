FROM debian:12 AS a
USER "root"
FROM debian:12 AS b
ARG WHO=root
USER $WHO
FROM debian:12 AS c
USER ${WHO:-root}
