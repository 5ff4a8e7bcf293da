FROM golang:1.24.1
RUN go install
RUN go install .
RUN go install ./...
RUN go install ../a
RUN go install /src/a
USER 1000
