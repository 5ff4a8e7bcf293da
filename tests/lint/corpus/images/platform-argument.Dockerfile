ARG P=linux/amd64
ARG Q
FROM --platform=$P debian:12
FROM --platform=$Q debian:12
FROM --platform=linux/$P debian:12
FROM --platform="linux/amd64" debian:12
FROM --platform=$BUILDPLATFORM debian:12
FROM --platform=${BUILDPLATFORM} debian:12
FROM --platform=${BUILDPLATFORM:-linux/amd64} debian:12
FROM --platform=$TARGETPLATFORM debian:12
FROM --platform=$BUILDOS/$BUILDARCH debian:12
