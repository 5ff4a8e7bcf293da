FROM centos:7.9.2009
RUN yum install -y httpd-2.4.6 && rm -rf /tmp/*
USER 1000
