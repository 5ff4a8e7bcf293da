FROM alpine:3.20
RUN apk add --no-cache --virtual .deps a=1
RUN apk add --no-cache -t .deps a=1
RUN apk add --no-cache --virtual=.deps a=1
RUN apk add --no-cache --repository https://example.org/x a=1
RUN apk add --no-cache -X https://example.org/x a=1
RUN apk add --no-cache --repository=https://example.org/x a=1
RUN apk --repository https://example.org/x add --no-cache a=1
RUN apk add --no-cache --allow-untrusted --root /x a=1
RUN apk add --no-cache -p /x a=1
RUN apk add --no-cache --arch x86 a=1
RUN apk add --no-cache --keys-dir /x a=1
RUN apk add --no-cache --repositories-file /x a=1
RUN apk add --no-cache --cache-dir /x a=1
RUN apk add --no-cache --wait 5 a=1
RUN apk add --no-cache --initdb --root=/x a=1
RUN apk -X https://example.org/x -U add a=1
RUN apk add --no-cache -q --upgrade a=1
RUN apk add --no-cache --progress-fd 3 a=1
RUN apk add --no-cache -t=.deps a=1
