FROM debian:12.5
ARG VALUE
LABEL title=$VALUE version=$VALUE url=$VALUE created=${VALUE} license=$VALUE revision=$VALUE contact=$VALUE
USER 1000
