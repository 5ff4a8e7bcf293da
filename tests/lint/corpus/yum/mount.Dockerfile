FROM centos:7.9.2009
RUN --mount=type=cache,target=/var/cache/yum yum install -y httpd-2.4.6
RUN --mount=type=bind,target=/src yum install -y httpd-2.4.6
USER 1000
