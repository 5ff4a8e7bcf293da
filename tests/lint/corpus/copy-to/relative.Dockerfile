FROM debian:12.5
COPY a b
COPY a b c/
COPY ["a", "./"]
COPY --from=nginx:1.27 /a a
COPY a /b
COPY "a" "/b"
USER 1000
