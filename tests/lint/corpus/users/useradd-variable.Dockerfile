FROM debian:12.5
ARG HIGH=1000000
ARG LOW=1000
RUN useradd -u $HIGH app
RUN useradd -u $LOW app
RUN useradd -u ${UNKNOWN} app
USER 1000
