FROM debian:12
WORKDIR /w
COPY <<A <<B c
1
A
2
B

COPY <<A <<B c/
1
A
2
B

COPY a <<A c
1
A

COPY <<A c
1
A
