FROM alpine:3.20
RUN apk add --no-cache curl
RUN apk add --no-cache curl=8 git
RUN apk --no-cache add curl
RUN apk add curl
