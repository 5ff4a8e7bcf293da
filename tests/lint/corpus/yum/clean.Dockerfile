FROM centos:7.9.2009
RUN yum install -y httpd-2.4.6 && yum clean all
RUN yum -y install nginx-1.20.1 \
 && yum clean all \
 && nginx -t
USER 1000
