FROM debian:12.5
LABEL created=2024-02-03T10:00:00+0900
LABEL created=2024-02-03T10:00:00+25:00
LABEL created=2024-02-03T10:00:00.Z
LABEL title=x version=1.0.0 url=http://a license=MIT revision=abcdef1 contact=a@b.c
USER 1000
