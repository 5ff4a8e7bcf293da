FROM debian:12
CMD "nginx"
ENTRYPOINT ["a", 'b']
