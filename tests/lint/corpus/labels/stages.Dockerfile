FROM debian:12.5 AS build
RUN make
FROM debian:12.5 AS unused
RUN make
FROM debian:12.5
COPY --from=build /a /a
LABEL title=x version=1.0.0 url=http://a created=2024-02-03T10:00:00Z license=MIT revision=abcdef1 contact=a@b.c
USER 1000
