FROM debian:12
RUN echo ps
RUN ls service
RUN mountpoint /x
RUN umount /x
RUN apt-get --version && pkill x
