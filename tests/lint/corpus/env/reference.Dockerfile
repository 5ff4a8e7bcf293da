FROM debian:12.5
ENV A=1 B=$A
ENV C=1 D=${C}/bin
ENV E="$F/x" F=1
ENV G=1 H=x$G.y
USER 1000
