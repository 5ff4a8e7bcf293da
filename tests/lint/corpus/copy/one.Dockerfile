FROM debian:12
WORKDIR /w
COPY a b
COPY ["a", "b"]
COPY *.txt b
COPY a* b
