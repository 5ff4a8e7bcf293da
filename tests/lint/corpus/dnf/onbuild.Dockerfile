FROM fedora:40
ONBUILD RUN dnf install httpd
ONBUILD RUN dnf -y install httpd-2.4.59 && dnf clean all
