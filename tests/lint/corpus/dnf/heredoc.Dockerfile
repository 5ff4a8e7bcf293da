FROM fedora:40
RUN <<EOF
dnf install httpd
EOF

RUN <<CLEAN
#!/bin/bash
dnf -y install httpd-2.4.59
dnf clean all
CLEAN

USER 1000
