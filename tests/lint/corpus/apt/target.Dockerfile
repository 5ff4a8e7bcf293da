FROM debian:12
RUN apt-get install -y -t stable --no-install-recommends a=1
RUN apt-get install -y -tstable --no-install-recommends a=1
RUN apt-get install -y --target-release stable --no-install-recommends a=1
RUN apt-get install -y --target-release=stable --no-install-recommends a=1
RUN apt-get install -y --target-release=stable a --no-install-recommends
RUN apt-get install -t stable -y --no-install-recommends a
RUN apt-get -y -t stable install --no-install-recommends a=1
