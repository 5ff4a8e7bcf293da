FROM debian:12.5
RUN useradd --uid 123456 app
RUN useradd --uid=123456 app
RUN useradd -u123456 app
RUN useradd -u 0012345 app
USER 1000
