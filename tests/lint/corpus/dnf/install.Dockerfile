FROM fedora:40
RUN dnf install httpd-2.4.59 && dnf clean all
RUN dnf install -y httpd-2.4.59
RUN dnf -qy install httpd && dnf clean all
RUN microdnf install --assumeyes httpd-2.4.59 && microdnf clean all
RUN microdnf install httpd
RUN ["dnf", "install", "-y", "httpd-2.4.59"]
RUN dnf5 install httpd
USER 1000
