FROM centos:7.9.2009
RUN yum --setopt=tsflags=nodocs -y install httpd-2.4.6 && yum clean all
RUN yum --enablerepo epel -y install httpd-2.4.6 && yum clean all
RUN yum -y install --disablerepo=* httpd && yum clean all
USER 1000
