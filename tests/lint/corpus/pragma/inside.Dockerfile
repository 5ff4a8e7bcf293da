FROM debian:12
RUN ls && \
    # hadolint ignore=DL3003
    cd /x
# hadolint ignore=DL3003
