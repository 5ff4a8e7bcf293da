FROM centos:8.4.2105
RUN yum -y module install nodejs && yum clean all
RUN yum -y module install nodejs:18 && yum clean all
RUN yum -y module enable nodejs:18
USER 1000
