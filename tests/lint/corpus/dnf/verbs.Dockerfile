FROM fedora:40
RUN dnf -y reinstall httpd
RUN dnf -y upgrade
RUN dnf -y upgrade-minimal && dnf clean all
RUN dnf -y update
RUN dnf -y up
RUN dnf groupinstall web-server
RUN dnf localinstall ./httpd.rpm
RUN dnf -y group install web-server
RUN dnf remove vim
RUN dnf -y swap vim nano
RUN dnf makecache
USER 1000
