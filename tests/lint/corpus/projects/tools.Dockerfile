ARG DEBIAN=12
FROM debian:${DEBIAN} AS fetch
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN apt update && apt install -y curl
RUN curl -fsSL https://example.org/a.tar.gz | tar -xz -C /opt

FROM fetch AS test
COPY --from=fetch /opt /opt
COPY --from=test /opt /opt
RUN ["/opt/a/test"]

FROM fetch AS test
COPY --from=tset /opt /opt
