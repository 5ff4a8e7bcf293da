FROM debian:12
FROM docker.io/debian:12
FROM hub.docker.com/debian:12
FROM registry.example.org/a:1
