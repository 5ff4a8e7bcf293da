FROM golang:1.24.1
RUN go install golang.org/x/tools/gopls
RUN go install golang.org/x/tools/gopls@latest
RUN go install golang.org/x/tools/gopls@v0.16.1
RUN go install golang.org/x/tools/gopls@master
RUN go install -v golang.org/x/tools/gopls
RUN go install golang.org/x/tools/gopls@$VERSION
RUN go install a.example/b@v1 c.example/d
RUN GOBIN=/x go install golang.org/x/tools/gopls
RUN ["go", "install", "golang.org/x/tools/gopls"]
USER 1000
