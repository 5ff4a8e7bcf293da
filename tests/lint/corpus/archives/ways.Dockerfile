FROM debian:12
COPY a.tar b.tgz c.zip d.gz e.bz2 f.xz g.lzma h.Z i.tar.zst j.7z k.jar /tmp/
RUN tar xf /tmp/a.tar
RUN tar --extract --file /tmp/b.tgz
RUN unzip /tmp/c.zip
RUN gunzip /tmp/d.gz
RUN bunzip2 /tmp/e.bz2
RUN unxz /tmp/f.xz
