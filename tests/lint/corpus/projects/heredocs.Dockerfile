# syntax=docker/dockerfile:1
FROM debian:12
RUN <<EOF
apt-get update
apt-get install -y --no-install-recommends curl=7.88.1
rm -rf /var/lib/apt/lists/*
EOF

COPY <<EOF /etc/app.conf
sudo = no
EOF

COPY <<-"SCRIPT" /usr/bin/start
#!/bin/sh
exec app "$@"
SCRIPT

RUN <<EOF bash -e
cd /opt
pip install app
EOF

ENTRYPOINT ["start"]
