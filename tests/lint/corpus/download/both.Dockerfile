FROM debian:12.5
RUN wget -q https://example.com/a
RUN curl -O https://example.com/b
RUN curl -O https://example.com/c
RUN make
RUN wget -q a && curl b
USER 1000
