FROM debian:12.5
COPY <<EOF b
text
EOF

COPY <<TEXT /b
text
TEXT

USER 1000
