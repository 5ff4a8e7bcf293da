FROM debian:12.5
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN ./a | ./b
SHELL ["/bin/bash", "-c"]
RUN ./a | ./b
SHELL ["/bin/bash", "-euxo", "pipefail", "-c"]
RUN ./a | ./b
SHELL ["/bin/sh", "-o", "pipefail", "-c"]
RUN ./a | ./b
SHELL ["ash", "-eo", "pipefail", "-c"]
RUN ./a | ./b
SHELL ["/bin/zsh", "-o", "pipefail", "-c"]
RUN ./a | ./b
USER 1000
