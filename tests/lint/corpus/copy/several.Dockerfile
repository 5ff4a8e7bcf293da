FROM debian:12
WORKDIR /w
COPY a b c
COPY a b c/
COPY a b .
COPY a b ./
COPY a b /
COPY a b "c"
COPY a b "c/"
COPY a b 'c/'
COPY ["a", "b", "c"]
COPY ["a", "b", "c/"]
COPY a b $X
COPY a b $X/
COPY a b ${X}
COPY a b ..
