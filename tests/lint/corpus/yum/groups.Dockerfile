FROM centos:7.9.2009
RUN yum -y groupinstall web-server
RUN yum -y localinstall ./httpd.rpm
RUN yum -y reinstall httpd
RUN yum -y install @web-server && yum clean all
USER 1000
