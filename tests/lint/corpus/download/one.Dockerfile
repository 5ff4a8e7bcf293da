FROM debian:12.5 AS one
RUN wget -q https://example.com/a
FROM one
RUN curl -O https://example.com/b
RUN apt-get install -y --no-install-recommends wget=1 curl=8
USER 1000
