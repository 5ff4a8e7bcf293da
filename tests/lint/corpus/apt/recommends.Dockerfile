FROM debian:12
RUN apt-get install -y a=1
RUN apt-get install -y --install-suggests a=1
RUN apt-get install -y --without-recommends a=1
RUN apt-get -y --no-install-recommends install a=1
RUN apt-get install -y a=1 --no-install-recommends
ONBUILD RUN apt-get install -y a
