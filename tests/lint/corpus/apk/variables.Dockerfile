FROM alpine:3.20
ARG V=1
RUN apk add --no-cache a=$V
RUN apk add --no-cache $PACKAGES
RUN apk add --no-cache "a=${V}" "b~${V}"
RUN apk add --no-cache --virtual .deps $PHPIZE_DEPS
RUN apk add --no-cache \
    # a comment
    a \
    b=1
RUN sh -c 'apk add a'
RUN apk info add
RUN apk fetch add
RUN apk $FLAGS add --no-cache a
