FROM debian:12
RUN cd /x && sudo ls
# hadolint ignore=DL3008
RUN apt-get install -y --no-install-recommends a
