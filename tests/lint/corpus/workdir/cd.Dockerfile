FROM debian:12
RUN cd /usr/src && make
RUN (cd /x && ls) || true
RUN ["cd", "/x"]
RUN echo cd
ONBUILD RUN cd /x && ls
RUN <<EOF
set -e
cd /tmp
make
EOF
