FROM debian:12
RUN apt-get update
FROM debian:12
RUN ls
