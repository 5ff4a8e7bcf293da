FROM debian:12
WORKDIR "/app"
WORKDIR '/app'
WORKDIR "app"
WORKDIR 'app'
