FROM fedora:40
RUN dnf -y install httpd-2.4.59 && rm -rf /tmp/*
RUN dnf -y install httpd-2.4.59 && rm -r /var/cache/dnf
RUN --mount=type=cache,target=/var/cache/dnf dnf -y install httpd-2.4.59
RUN dnf -y install httpd-2.4.59 && dnf clean all && dnf -y install vim-9
USER 1000
