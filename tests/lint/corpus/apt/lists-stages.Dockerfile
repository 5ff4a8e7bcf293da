FROM debian:12 AS build
RUN apt-get update
FROM debian:12 AS base
RUN apt-get update
FROM base
RUN ls
