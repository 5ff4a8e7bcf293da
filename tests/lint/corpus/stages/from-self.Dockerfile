FROM debian:12 AS a
FROM debian:12 AS B
COPY --from=a /x /y
COPY --from=b /x /y
COPY --from=B /x /y
