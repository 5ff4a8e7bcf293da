FROM debian:12.5 AS build
FROM scratch
COPY / /
COPY --from=build / /a
COPY --from=build /a /
COPY --from=build /* /
USER 1000
