FROM debian:12 AS a
CMD [""]
FROM debian:12 AS b
ENTRYPOINT []
FROM debian:12 AS c
CMD   ["a"]   
