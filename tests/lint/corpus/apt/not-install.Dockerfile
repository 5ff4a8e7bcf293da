FROM debian:12
RUN echo apt-get install a
RUN apt-get autoremove -y install-info
RUN apt-get build-dep -y a
RUN apt-get download a
RUN apt-get source a
