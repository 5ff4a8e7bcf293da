FROM centos:7.9.2009
RUN yum install -y httpd-2.4.6 && rm -rf /var/cache/yum/*
RUN yum install -y httpd-2.4.6 && rm -rf /var/cache/yum /tmp/*
USER 1000
