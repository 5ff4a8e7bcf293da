FROM centos:7.9.2009
RUN yum install -y httpd-2.4.6 && yum clean all && yum install -y nginx-1.20.1
USER 1000
