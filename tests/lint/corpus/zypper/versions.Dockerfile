FROM opensuse/leap:15.5
RUN zypper -n in 'httpd>=2.4' 'vim<10' && zypper clean
RUN zypper -n in ./httpd.rpm && zypper clean
RUN zypper -n in $PACKAGES && zypper clean
RUN zypper -n in httpd-2.4 && zypper clean
USER 1000
