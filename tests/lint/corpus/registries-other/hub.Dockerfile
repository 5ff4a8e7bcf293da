FROM debian:12 AS x
FROM x
FROM docker.io/debian:12
FROM registry.example.org/a:1
FROM a/b:1
FROM index.docker.io/a/b:1
FROM scratch
