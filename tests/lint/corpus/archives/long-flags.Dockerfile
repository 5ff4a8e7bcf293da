FROM debian:12
COPY a.tar /tmp/
RUN tar --extract --file=/tmp/a.tar
COPY b.tar /tmp/
RUN tar --get --file /tmp/b.tar
COPY c.tar /tmp/
RUN tar --extract -f /tmp/c.tar -C /x
