FROM golang:alpine
RUN apk update && apk add git gcc musl-dev
RUN go get github.com/gin-gonic/gin
ADD https://example.org/tool.tar.gz /tmp/
RUN cd /tmp && tar xzf tool.tar.gz && rm tool.tar.gz
COPY . /go/src/app
WORKDIR /go/src/app
RUN go build -o app . && mv app /usr/bin
CMD app
