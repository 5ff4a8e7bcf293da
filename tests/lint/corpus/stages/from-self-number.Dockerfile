FROM debian:12
COPY --from=0 /x /y
FROM debian:12
COPY --from=0 /x /y
COPY --from=1 /x /y
