FROM debian:12 AS a
CMD nginx -g
FROM debian:12 AS b
ENTRYPOINT nginx -g
FROM debian:12 AS c
CMD nginx -g 'daemon off;'
FROM debian:12 AS d
CMD echo $HOME && ls
FROM debian:12 AS e
CMD [nginx, "-g"]
FROM debian:12 AS f
CMD ['nginx']
FROM debian:12 AS g
ENTRYPOINT exec nginx
