FROM debian:12.5
RUN ./a
ENV A=1
RUN ./b
USER 1000
RUN ./c
