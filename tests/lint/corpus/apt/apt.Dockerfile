FROM debian:12
RUN apt update
RUN apt install -y curl
RUN apt-get --version
RUN ls && apt list
RUN ["apt", "install", "x"]
RUN echo apt
RUN sudo apt install x
RUN /usr/bin/apt install x
RUN apt-mark hold x
RUN apt-cache search x
RUN x=$(apt list)
ONBUILD RUN apt update
