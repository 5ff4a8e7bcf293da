FROM debian:12 AS a
RUN apt-get update
FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends a=1
