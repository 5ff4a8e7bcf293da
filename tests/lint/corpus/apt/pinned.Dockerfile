FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends curl=7.88.1-10 git/bookworm ./a.deb /tmp/b.deb c.deb && rm -rf /var/lib/apt/lists/*
