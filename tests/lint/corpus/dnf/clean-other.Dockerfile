FROM fedora:40
RUN dnf -y install httpd-2.4.59 && microdnf clean all
RUN microdnf -y install httpd-2.4.59 && dnf -y install vim-9 && dnf clean all
RUN dnf -y install httpd-2.4.59
RUN dnf clean all
USER 1000
