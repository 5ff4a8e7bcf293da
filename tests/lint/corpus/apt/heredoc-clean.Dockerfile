FROM debian:12
RUN <<EOF
set -e
apt-get update
apt-get install -y --no-install-recommends curl=7
rm -rf /var/lib/apt/lists/*
EOF
