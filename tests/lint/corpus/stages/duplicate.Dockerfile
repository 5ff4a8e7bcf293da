FROM debian:12 AS a
FROM debian:12 AS b
FROM debian:12 AS a
FROM debian:12 AS B
FROM debian:12 AS c
