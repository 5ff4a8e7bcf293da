FROM opensuse/leap:15.5
RUN zypper -n in httpd=2.4.46 && rm -rf /var/cache/zypp/*
RUN --mount=type=cache,target=/var/cache zypper -n in httpd=2.4.46
USER 1000
