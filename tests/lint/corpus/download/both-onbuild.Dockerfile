FROM debian:12.5
RUN wget -q a
ONBUILD RUN curl b
ONBUILD RUN wget -q c
CMD curl d
USER 1000
