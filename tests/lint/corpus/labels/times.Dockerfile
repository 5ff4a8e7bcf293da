FROM debian:12.5
LABEL created=2024-02-03
LABEL created=2024-02-03T10:00:00
LABEL created="2024-02-03 10:00:00Z"
LABEL created=2024-02-30T10:00:00Z
LABEL created=2024-13-01T10:00:00Z
LABEL created=2024-02-03T24:00:00Z
LABEL created=2024-02-03T10:00Z
LABEL created=2024-02-03t10:00:00.123z
LABEL created=2024-02-03T10:00:00-09:30
LABEL title=x version=1.0.0 url=http://a license=MIT revision=abcdef1 contact=a@b.c
USER 1000
