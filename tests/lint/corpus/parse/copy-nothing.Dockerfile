FROM debian:12
COPY
RUN cd /x
