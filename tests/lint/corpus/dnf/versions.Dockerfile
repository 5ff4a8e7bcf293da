FROM fedora:40
ARG VERSION
RUN dnf -y install httpd-$VERSION && dnf clean all
RUN dnf -y install rpm-sign && dnf clean all
RUN dnf -y install gcc-c++ java-11-openjdk-devel && dnf clean all
RUN dnf -y install httpd-1:2.4.59~rc1^2_3+4 && dnf clean all
RUN dnf -y install ${PACKAGES} && dnf clean all
RUN microdnf -y install httpd && microdnf clean all
RUN dnf -y module install nodejs:20 && dnf clean all
RUN dnf -y module install nodejs && dnf clean all
USER 1000
