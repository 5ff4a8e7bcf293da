FROM opensuse/leap:15.5
ONBUILD RUN zypper in httpd
ONBUILD RUN zypper dup
ONBUILD RUN zypper -n in httpd=2 && zypper clean
