FROM debian:12
# hadolint ignore=DL3003,DL3004
RUN sudo cd /x
# hadolint ignore=DL3003, DL3004
RUN cd /x && sudo ls
