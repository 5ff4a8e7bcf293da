ARG VERSION=:12
ARG NAME=debian
FROM debian${VERSION}
FROM ${NAME}${VERSION}
FROM registry.example.org/${NAME}
FROM team/${NAME}
