FROM debian:12.5
RUN if ! wget https://example.com/a; then exit 1; fi
RUN (cd /x && wget -q a) && wget b
RUN echo "wget c"
RUN x="$(wget -O- d)" && echo "$x"
ONBUILD RUN wget e
USER 1000
