FROM debian:latest AS a
FROM debian:latest-slim
FROM debian:LATEST
FROM latest:12
FROM a:latest
