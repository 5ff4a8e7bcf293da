FROM debian:12.5 AS one
ENV A=1
FROM debian:12.5
ENV A=1 B=$A
USER 1000
