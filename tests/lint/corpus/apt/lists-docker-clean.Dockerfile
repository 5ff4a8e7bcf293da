FROM debian:12
RUN rm -f /etc/apt/apt.conf.d/docker-clean
RUN apt-get update
RUN --mount=type=cache,target=/var/lib/apt --mount=type=cache,target=/var/cache/apt apt-get update
