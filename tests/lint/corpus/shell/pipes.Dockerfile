FROM debian:12.5
RUN ./a | ./b
RUN ./a |& ./b
RUN x=$(./a | ./b) && echo "$x"
RUN (./a; ./b) \
  | ./c
RUN ./a | ./b || true
RUN ./a || ./b
RUN echo 'a | b'
RUN case "$x" in a|b) ./c ;; esac
CMD ./a | ./b
USER 1000
