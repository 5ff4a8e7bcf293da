FROM debian:12.5
MAINTAINER Me <me@example.com>
USER 1000
