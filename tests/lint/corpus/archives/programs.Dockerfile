FROM debian:12
COPY a.zip /tmp/
RUN unzip /tmp/a.zip
COPY b.gz /tmp/
RUN gunzip /tmp/b.gz
COPY c.bz2 /tmp/
RUN bunzip2 c.bz2
COPY d.xz /tmp/
RUN unxz d.xz
COPY e.lzma /tmp/
RUN unlzma e.lzma
COPY f.Z /tmp/
RUN uncompress f.Z
COPY g.gz /tmp/
RUN zcat g.gz > g
COPY h.gz /tmp/
RUN gzip -d h.gz
COPY i.gz /tmp/
RUN zgz i.gz
COPY j.gz /tmp/
RUN gzcat j.gz
COPY k.7z /tmp/
RUN 7z x k.7z
COPY l.zst /tmp/
RUN unzstd l.zst
COPY m.lz /tmp/
RUN lzip -d m.lz && tar -xf m.lz
