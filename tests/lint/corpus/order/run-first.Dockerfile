RUN make
FROM debian:12.5
USER 1000
