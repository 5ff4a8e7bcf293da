FROM debian:12
COPY --chown=1:1 a.tar.gz /tmp/
RUN tar -xf /tmp/a.tar.gz
COPY b.tar.gz /tmp/
RUN tar -C /x -vxf /tmp/b.tar.gz
COPY c.tar.gz /tmp/
RUN tar -x < /tmp/c.tar.gz
COPY d.tar.gz /tmp/
RUN cat /tmp/d.tar.gz | tar -x
