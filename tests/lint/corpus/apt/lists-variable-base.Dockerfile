ARG BASE=one
FROM debian:12 AS one
RUN apt-get update
FROM ${BASE}
RUN ls
