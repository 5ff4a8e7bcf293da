FROM debian:12.5
RUN <<EOF
wget https://example.com/a
curl -O https://example.com/b
EOF

USER 1000
