FROM alpine:3.20
RUN (apk add a=1)
RUN if [ -n "$X" ]; then apk add --no-cache a; else apk add b=1; fi
RUN x=$(apk add -q a=1)
RUN apk update | cat && apk add a | cat
RUN ! apk add --no-cache a
RUN apk add --no-cache a=1 || apk add --no-cache a
RUN command apk add a=1
RUN FOO=1 apk add a=1
