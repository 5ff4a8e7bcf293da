FROM debian:12
ENTRYPOINT nginx
CMD nginx
