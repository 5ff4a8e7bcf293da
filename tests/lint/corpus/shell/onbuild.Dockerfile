FROM debian:12.5
ONBUILD RUN ./a | ./b
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ONBUILD RUN ./a | ./b
USER 1000
