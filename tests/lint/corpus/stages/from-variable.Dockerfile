ARG S=a
FROM debian:12 AS a
FROM debian:12
ARG S
COPY --from=$S /x /y
