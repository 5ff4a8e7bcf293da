FROM debian:12 AS a
COPY <<EOF /x
ls
EOF
FROM a
