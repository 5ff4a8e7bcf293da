# syntax=docker/dockerfile:1
# a comment

FROM debian:12
# one

   # two
RUN ls \
# three
  && cd /x \

  && ls
