FROM debian
RUN cd /x
