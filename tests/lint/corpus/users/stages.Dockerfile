FROM debian:12.5 AS build
USER app
FROM build
USER 1000
