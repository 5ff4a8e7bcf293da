FROM debian:12 AS a
USER root:root
FROM debian:12 AS b
USER 0:0
FROM debian:12 AS c
USER root:app
FROM debian:12 AS d
USER app:root
FROM debian:12 AS e
USER 1000:0
FROM debian:12 AS f
USER rooter
FROM debian:12 AS g
USER 00
