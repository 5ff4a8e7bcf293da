FROM debian:12
FROM library/debian:12
FROM registry.example.org/a/b:1
FROM docker.io/library/debian:12
FROM ghcr.io/a/b:1
FROM scratch
