FROM debian:12.5 AS one
CMD ["a"]
CMD ["b"]
CMD ["c"]
FROM one
CMD ["d"]
USER 1000
