FROM debian:12
ADD a /b
ADD a b /c/
ADD . /app
ADD a.tar /b
ADD a.tar.gz /b
ADD a.zip /b
ADD a.txz /b
ADD a.Z /b
ADD a.gz /b
ADD a.xz /b
ADD a.bz2 /b
ADD a.lz /b
ADD a.zst /b
ADD a.tar.zst /b
ADD a.lzma /b
ADD a.7z /b
ADD a.jar /b
ADD a.tpz /b
ADD a.tar.Z /b
ADD a.TAR /b
