FROM debian:12
RUN <<EOF
set -e
sudo ls
EOF

RUN cat <<EOF
sudo ls
EOF

RUN bash <<EOF
sudo ls
EOF

RUN python3 <<EOF
sudo = 1
EOF

RUN <<EOF bash
sudo ls
EOF

RUN <<EOF
#!/usr/bin/env python3
sudo = 1
EOF

RUN <<EOF
#!/bin/bash
sudo ls
EOF

RUN <<"EOF"
sudo ls
EOF

RUN cat <<EOF > /x && sudo ls
sudo
EOF
