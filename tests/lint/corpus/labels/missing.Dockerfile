FROM debian:12.5
LABEL title=x url=http://a version=1.0.0 created=2024-02-03T10:00:00Z license=MIT revision=abcdef1
USER 1000
