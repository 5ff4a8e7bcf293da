FROM debian:12
RUN apt-get install -y --no-install-recommends a+ b- c:amd64 d:amd64=1
RUN apt-get install -y --no-install-recommends linux-headers-$(uname -r)
RUN apt-get install -y --no-install-recommends a -- b
RUN apt-get install -y --no-install-recommends a{1,2}
RUN apt-get install -y --no-install-recommends a*
RUN apt-get install -y --no-install-recommends ./*.deb
RUN apt-get install -y --no-install-recommends *.deb
RUN apt-get install -y --no-install-recommends "$A=$B"
RUN apt-get install -y --no-install-recommends install=1
RUN apt-get install -y --no-install-recommends --reinstall a=1
RUN apt-get install -y --no-install-recommends -f
RUN apt-get -f install -y --no-install-recommends
RUN apt-get install -y --no-install-recommends --allow-downgrades a=1
RUN apt-get install -y --no-install-recommends --solver internal a=1
RUN apt-get install -y --no-install-recommends -a armhf a=1
