FROM debian:12
RUN apt-get update && \
    apt-get install -y \
    a=1 \
    b=2 && \
    rm -rf /var/lib/apt/lists/*

RUN apt-get \
    install \
    a=1

RUN apt-get update \
 && apt-get install -y --no-install-recommends a=1 \
 && apt-get clean \
 && rm -rf /tmp/* /var/tmp/* \
 && rm -rf /var/lib/apt/lists/*
