FROM debian:12 AS x
FROM debian:12
WORKDIR /w
COPY --from=x /a /b c
COPY --chown=1:1 a b c
COPY --chmod=755 --link a b c/
COPY --exclude=*.md a b c
COPY --parents a b c
ONBUILD COPY a b c
ONBUILD COPY a b c/
