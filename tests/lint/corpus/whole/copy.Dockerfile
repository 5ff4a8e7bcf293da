FROM debian:12.5 AS build
FROM scratch
COPY --from=build / /
COPY --from=nginx:1.27 / /
COPY --from=build ["/", "/"]
COPY --from=build / /a /
COPY --link --from=build "/" "/"
USER 1000
