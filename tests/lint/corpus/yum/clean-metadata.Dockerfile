FROM centos:7.9.2009
RUN yum install -y httpd-2.4.6 && yum clean metadata
USER 1000
