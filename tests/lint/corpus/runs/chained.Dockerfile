FROM debian:12.5
RUN ./a && ./b
RUN ./c
RUN ./d
RUN ./e; ./f
RUN ./g | tee h
RUN if [ -e x ]; then ./i; fi
RUN ./j "$(./k)"
USER 1000
