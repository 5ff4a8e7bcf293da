FROM alpine:3.20 AS a-context
FROM alpine:3.20 AS scratch-2
USER 1000
