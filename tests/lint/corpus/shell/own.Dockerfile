FROM debian:12.5
RUN set -o pipefail && ./a | ./b
RUN bash -o pipefail -c "./a | ./b"
USER 1000
