FROM centos:7.9.2009
RUN yum clean all && yum install -y httpd-2.4.6
USER 1000
