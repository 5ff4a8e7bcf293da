FROM alpine:3.20
RUN <<EOF
apk add a
EOF

RUN <<EOF ash
set -e
apk add --no-cache a=1
EOF

RUN <<EOF
#!/bin/ash
apk --no-cache add a
EOF
