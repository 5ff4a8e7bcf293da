FROM debian:12 AS one
RUN apt-get update
FROM one AS two
RUN apt-get update
FROM two AS three
RUN apt-get update
FROM debian:12
RUN ls
