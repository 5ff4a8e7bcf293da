FROM debian:12.5
SHELL ["/usr/bin/bash", "-o", "pipefail", "-c"]
RUN ./a | ./b
USER 1000
