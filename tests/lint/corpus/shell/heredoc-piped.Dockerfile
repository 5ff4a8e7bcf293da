FROM debian:12.5
RUN cat <<EOF | ./b
a
EOF

USER 1000
