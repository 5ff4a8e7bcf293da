ARG GLOBAL=1
FROM centos:7.9.2009
ARG HTTPD_VERSION=2.4.6
ENV NGINX_VERSION 1.20.1
RUN yum install -y httpd-${HTTPD_VERSION} nginx-$NGINX_VERSION && yum clean all
RUN yum install -y $PACKAGES && yum clean all
RUN yum install -y "httpd-${HTTPD_VERSION}.el7" && yum clean all
USER 1000
