FROM --platform=$TARGETPLATFORM debian:12.5 AS a
FROM --platform=${TARGETPLATFORM} debian:12.5 AS b
FROM --platform=$BUILDPLATFORM debian:12.5
USER 1000
