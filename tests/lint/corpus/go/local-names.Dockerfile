FROM golang:1.24.1
RUN go run main.go
RUN go install std
RUN go install -tags netgo example.com/a@v1
RUN go install example.com/a@upgrade
USER 1000
