FROM rockylinux:9
RUN yum install -y a-1 && yum install b-1 && yum clean all
RUN (yum install a-1)
RUN yum -y update && yum install a-1 && yum clean all
RUN yes | yum install a-1
RUN yum -d 1 install a-1
RUN yum --enablerepo=x install a-1
RUN yum --enablerepo x install -y a-1 && yum clean all
RUN yum clean all && yum -y groupinstall "a b" && yum clean all
RUN yum install $FLAGS a-1
RUN echo yum install a
RUN yum history install
