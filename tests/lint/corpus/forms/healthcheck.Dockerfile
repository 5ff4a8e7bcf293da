FROM debian:12 AS a
HEALTHCHECK CMD curl localhost
FROM debian:12 AS b
HEALTHCHECK --interval=5s --timeout=3s CMD curl localhost || exit 1
FROM debian:12 AS c
HEALTHCHECK CMD ["curl", "localhost"]
FROM debian:12 AS d
HEALTHCHECK NONE
