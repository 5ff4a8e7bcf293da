FROM debian:12
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        # to fetch
        curl \

        git=1:2.39 \
    && rm -rf /var/lib/apt/lists/*
