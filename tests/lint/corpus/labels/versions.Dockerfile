FROM debian:12.5
LABEL version=v1.2.3
LABEL version=1.2
LABEL version=1.2.3.4
LABEL version=1.2.3-a_b
LABEL version=1.2.3-a..b
LABEL version=1.2.3-alpha.1
LABEL version=1.2.3+001
LABEL title=x revision=abcdef1 url=http://a created=2024-02-03T10:00:00Z license=MIT contact=a@b.c
USER 1000
