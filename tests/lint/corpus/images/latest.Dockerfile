FROM debian:latest
FROM debian:latest@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
FROM registry.example.org:5000/a/b:latest AS latest
FROM latest
