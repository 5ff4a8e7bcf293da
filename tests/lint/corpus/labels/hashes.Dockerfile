FROM debian:12.5
LABEL revision=main
LABEL revision=ABCDEF1
LABEL revision=abcdef
LABEL revision=abcdef12
LABEL revision=abcdef1
LABEL title=x version=1.0.0 url=http://a created=2024-02-03T10:00:00Z license=MIT contact=a@b.c
USER 1000
