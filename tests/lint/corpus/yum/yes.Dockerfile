FROM rockylinux:9
RUN yum install a-1
RUN yum install -y a-1 && yum clean all
RUN yum -y install a-1 && yum clean all
RUN yum install --assumeyes a-1 && yum clean all
RUN yum groupinstall a
RUN yum localinstall a.rpm
RUN yum reinstall a
RUN yum update
RUN yum upgrade
RUN yum remove a
RUN yum install -qy a-1 && yum clean all
RUN yum install --setopt=x a-1 -y && yum clean all
RUN ["yum", "install", "a-1"]
RUN yum groupinstall -y a && yum clean all
RUN yum install --yes a-1 && yum clean all
RUN sudo yum install a-1
RUN yum -q install a-1 && yum clean all
RUN yum group install a
RUN yum check-update install
RUN yum builddep a
ONBUILD RUN yum install a-1
RUN if true; then yum install a-1; fi
RUN yum install \
    # why
    a-1
RUN <<EOF
yum install a-1
EOF
