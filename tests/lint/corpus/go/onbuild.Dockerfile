FROM golang:1.24.1
ONBUILD RUN go install golang.org/x/tools/gopls
ONBUILD RUN go install golang.org/x/tools/gopls@v0.16.1
