FROM debian:12.5
RUN ./a
RUN ./b
# why
RUN ./c

RUN ["./d"]
RUN ["./e"]
USER 1000
