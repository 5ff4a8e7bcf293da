FROM centos:7.9.2009
RUN yum install -y httpd-2.4.6
RUN yum -y install nginx-1.20.1 && nginx -t
RUN ["yum", "install", "-y", "nginx-1.20.1"]
USER 1000
