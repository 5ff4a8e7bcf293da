FROM debian:12
COPY "a.tar.gz" /tmp/
RUN tar -xf "/tmp/a.tar.gz"
COPY ["b.tar.gz", "/tmp/"]
RUN ["tar", "-xf", "/tmp/b.tar.gz"]
COPY c.tar.gz /tmp/
RUN cd /tmp && tar -xvf c.tar.gz && rm c.tar.gz
COPY d*.tar.gz /tmp/
RUN tar -xf /tmp/d1.tar.gz
COPY dir/e.tar.gz /tmp/
RUN for f in /tmp/e.tar.gz; do tar -xf $f; done
ONBUILD COPY f.tar.gz /tmp/
ONBUILD RUN tar -xf /tmp/f.tar.gz
