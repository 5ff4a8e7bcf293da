FROM b
FROM debian:12 AS b
FROM b
