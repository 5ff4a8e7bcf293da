FROM debian:12 AS a
CMD ["nginx", "-g"]
FROM debian:12 AS b
ENTRYPOINT ["nginx"]
CMD []
FROM debian:12 AS c
CMD [ "nginx" , "-g" ]
FROM debian:12 AS d
CMD [ \
    "nginx" \
    ]
