FROM alpine:3.20
RUN apk add --no-cache "d>2"
RUN apk add --no-cache "e<3"
RUN apk add --no-cache "e>=3"
RUN apk add --no-cache f@edge
RUN apk add --no-cache f@edge=1
RUN apk add --no-cache !g
