FROM centos:7.9.2009
ONBUILD RUN yum install -y httpd
ONBUILD RUN yum install -y httpd-2.4.6 && yum clean all
