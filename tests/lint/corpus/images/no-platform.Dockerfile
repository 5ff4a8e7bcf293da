FROM debian:12 AS linux-amd64
RUN echo --platform=linux/amd64
