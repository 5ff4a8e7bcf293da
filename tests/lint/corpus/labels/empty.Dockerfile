FROM debian:12.5
LABEL title="" other=""
LABEL url=http://a version=1.0.0 created=2024-02-03T10:00:00Z license=MIT revision=abcdef1 contact=a@b.c
USER 1000
