FROM alpine:3.20
RUN apk add a=1
RUN apk update && apk add a=1
RUN apk add --update a=1 && rm -rf /var/cache/apk/*
RUN apk add -U a=1
RUN --mount=type=cache,target=/var/cache/apk apk add a=1
RUN --mount=type=cache,target=/etc/apk/cache apk add a=1
RUN --mount=type=cache,target=/var/cache apk add a=1
RUN --mount=type=tmpfs,target=/var/cache/apk apk add a=1
RUN --mount=type=bind,target=/var/cache/apk apk add a=1
RUN --mount=type=cache,target=/etc/apk apk add a=1
RUN ["apk", "add", "a=1"]
RUN apk add && ls
RUN apk del a
RUN apk --no-cache update
RUN apk add -q a=1 b=2
RUN apk add --cache-dir /x a=1
RUN apk add --no-cache=true a=1
ONBUILD RUN apk add a
