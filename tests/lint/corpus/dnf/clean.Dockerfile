FROM fedora:40
RUN dnf clean all && dnf -y install httpd-2.4.59
RUN dnf -y install httpd-2.4.59 && rm -rf /var/cache/libdnf5
RUN dnf -y install httpd-2.4.59 && rm -rf /var/cache/dnf/*
RUN dnf -y install httpd-2.4.59 && dnf clean packages
RUN --mount=type=cache,target=/var/cache/libdnf5 dnf -y install httpd-2.4.59
RUN --mount=type=cache,target=/root/.cache/libdnf5 dnf -y install httpd-2.4.59
RUN --mount=type=tmpfs,target=/var/cache/libdnf5/repos dnf -y install httpd-2.4.59
USER 1000
