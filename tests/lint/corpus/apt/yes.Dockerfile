FROM debian:12
RUN apt-get install --no-install-recommends a=1
RUN apt-get install -y --no-install-recommends a=1
RUN apt-get -y install --no-install-recommends a=1
RUN apt-get --yes install --no-install-recommends a=1
RUN apt-get install --assume-yes --no-install-recommends a=1
RUN apt-get install -qq --no-install-recommends a=1
RUN apt-get install -q --no-install-recommends a=1
RUN apt-get install -yqq --no-install-recommends a=1
RUN apt-get install -q=2 --no-install-recommends a=1
RUN apt-get install --quiet --no-install-recommends a=1
RUN apt-get install --force-yes --no-install-recommends a=1
RUN yes | apt-get install --no-install-recommends a=1
RUN apt-get install --no-install-recommends a=1 -y
RUN DEBIAN_FRONTEND=noninteractive apt-get install --no-install-recommends a=1
RUN apt-get install --assume-no --no-install-recommends a=1
RUN apt-get install -o APT::Get::Assume-Yes=true --no-install-recommends a=1
RUN apt-get upgrade
RUN apt-get remove a
