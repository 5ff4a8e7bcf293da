FROM opensuse/leap:15.5
RUN zypper clean && zypper -n in httpd=2.4.46
RUN --mount=type=cache,target=/var/cache/zypp zypper -n in httpd=2.4.46
RUN --mount=type=tmpfs,target=/var/cache/zypp zypper -n in httpd=2.4.46
RUN --mount=target=/var/cache/zypp,type=cache zypper -n in httpd=2.4.46
RUN --mount=type=bind,target=/src zypper -n in httpd=2.4.46
USER 1000
