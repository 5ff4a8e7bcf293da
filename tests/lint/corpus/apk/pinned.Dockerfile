FROM alpine:3.20
RUN apk add --no-cache curl=8.0 git~2 a~=1 b=~1 c>1 "d>2" "e<3" /x/f.apk ./g.apk h.apk
RUN apk add --no-cache 'a=1'
