FROM centos:7.9.2009
RUN if [ -e /etc/x ]; then yum install -y httpd; fi && yum clean all
RUN for name in a b; do yum install -y "$name"; done
RUN echo $(yum install -y httpd-2.4.6)
RUN echo "yum install httpd"
USER 1000
