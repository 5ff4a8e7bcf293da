FROM debian:12 AS a
FROM debian:12 AS b
COPY --from="a" /x /y
COPY --from="b" /x /y
COPY --chown=1:1 --from=a /x /y
COPY --from=a --link /x /y
ONBUILD COPY --from=a /x /y
ONBUILD COPY --from=b /x /y
ONBUILD COPY --from=x /x /y
