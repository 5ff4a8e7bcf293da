FROM opensuse/leap:15.5
RUN zypper -n in --from repo-oss httpd=2.4.46 && zypper clean
RUN zypper -n in -t pattern devel_basis && zypper clean
RUN zypper -n in -- httpd=2.4.46 && zypper clean
USER 1000
