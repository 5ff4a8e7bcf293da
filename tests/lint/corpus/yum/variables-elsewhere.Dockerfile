FROM centos:7.9.2009
RUN VERSION=2.4.6; yum install -y httpd-$VERSION && yum clean all
USER 1000
