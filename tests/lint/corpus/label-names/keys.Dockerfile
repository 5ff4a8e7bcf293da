FROM debian:12.5
LABEL Version=1
LABEL org.example.a-b=1
LABEL org..example=1
LABEL org--example=1
LABEL a-=1
LABEL 1a=1
LABEL a.b.=1
LABEL com.docker.extension=1
LABEL io.docker.x=1 org.dockerproject.y=2
LABEL "a b"=1
LABEL a=1 B=2
USER 1000
