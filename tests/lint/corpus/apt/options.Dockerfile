FROM debian:12
RUN apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold a=1
RUN apt-get -o Acquire::Retries=3 install -y --no-install-recommends a=1
RUN apt-get install -y --no-install-recommends -o Dpkg::Use-Pty=0 a
RUN apt-get -c apt.conf install -y --no-install-recommends a=1
RUN apt-get install -y -o APT::Install-Recommends=false a=1
RUN apt-get install -y -o APT::Install-Recommends=0 a=1
RUN apt-get install -y -o=APT::Install-Recommends=false a=1
RUN apt-get install -y -oAPT::Install-Recommends=false a=1
RUN apt-get install -y --option APT::Install-Recommends=false a=1
RUN apt-get -y --no-install-recommends install
RUN apt-get install -y -o APT::Install-Recommends=no a=1
