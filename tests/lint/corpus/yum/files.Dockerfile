FROM centos:7.9.2009
RUN yum install -y ./httpd-2.4.6.rpm https://example.com/a-b/c-1.noarch.rpm && yum clean all
RUN yum install -y httpd.rpm && yum clean all
RUN yum install -y https://example.com/c.rpm && yum clean all
USER 1000
