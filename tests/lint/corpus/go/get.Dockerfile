FROM golang:1.24.1
RUN go get example.com/a
RUN go get example.com/a@latest
RUN go get -u example.com/a@v1
RUN go get -d -v
RUN go get ./...
RUN go run example.com/a
RUN go run example.com/a@v1 b c
RUN go run ./cmd/a
RUN go build example.com/a
USER 1000
