FROM debian:12.5
ONBUILD COPY --from=nginx:1.27 / /
