FROM --platform=linux/amd64 debian
FROM --platform=$BUILDPLATFORM debian:12
FROM --platform=linux/arm64 debian:latest
