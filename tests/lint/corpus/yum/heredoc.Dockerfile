FROM centos:7.9.2009
RUN <<EOF
yum install -y httpd
EOF

RUN <<CLEAN
yum install -y httpd-2.4.6
yum clean all
CLEAN

USER 1000
