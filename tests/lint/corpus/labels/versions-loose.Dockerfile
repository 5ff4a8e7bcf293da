FROM debian:12.5
LABEL version=01.2.3
LABEL version=1.2.3-01
LABEL version=1.2.3-
LABEL title=x revision=abcdef1 url=http://a created=2024-02-03T10:00:00Z license=MIT contact=a@b.c
USER 1000
