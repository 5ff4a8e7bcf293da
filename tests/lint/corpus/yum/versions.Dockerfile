FROM centos:7.9.2009
RUN yum install -y httpd && yum clean all
RUN yum install -y httpd-tools && yum clean all
RUN yum install -y httpd-2.4.6 vim-enhanced && yum clean all
RUN yum install -y httpd-2.4.6-97.el7 java-1.8.0-openjdk-1:1.8.0.312 && yum clean all
RUN yum install -y httpd-2.4.* && yum clean all
RUN yum install -y gcc-c++ && yum clean all
USER 1000
