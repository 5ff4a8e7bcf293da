# hadolint ignore=DL3006
FROM debian
# a comment
# hadolint ignore=DL3003
RUN cd /x
