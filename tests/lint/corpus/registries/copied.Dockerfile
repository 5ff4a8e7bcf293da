FROM debian:12
COPY --from=quay.io/a/b:1 /x /y
COPY --from=ghcr.io/a/b:1 /x /y
COPY --from=debian:12 /x /y
COPY --from=0 /x /y
