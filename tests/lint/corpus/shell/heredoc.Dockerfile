FROM debian:12.5
RUN <<EOF
./a | ./b
EOF

RUN python3 <<CODE
a | b
CODE

RUN <<SCRIPT
#!/usr/bin/env python3
a | b
SCRIPT

USER 1000
