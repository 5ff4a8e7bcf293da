FROM nginx:1.27 AS build
RUN make
FROM nginx:1.27
COPY --from=build /a /a
HEALTHCHECK NONE
USER 1000
