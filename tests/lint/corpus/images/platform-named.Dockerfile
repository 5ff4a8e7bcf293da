FROM --platform=linux/amd64 debian:12 AS amd64
FROM --platform=${TARGETPLATFORM} debian:12
ARG P=linux/amd64
FROM --platform=$P debian:12
