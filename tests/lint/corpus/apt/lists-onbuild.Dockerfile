FROM debian:12
ONBUILD RUN apt-get update
ONBUILD RUN apt-get update && rm -rf /var/lib/apt/lists/*
