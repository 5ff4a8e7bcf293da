FROM debian:12.5 AS one
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
FROM one AS two
RUN ./a | ./b
FROM debian:12.5
RUN ./a | ./b
USER 1000
