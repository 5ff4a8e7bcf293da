FROM debian:12
ADD <<EOF /b
x
EOF
