FROM debian:12.5
RUN ["./a", "|", "./b"]
USER 1000
