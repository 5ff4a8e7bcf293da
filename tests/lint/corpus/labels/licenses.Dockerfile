FROM debian:12.5
LABEL license=mit
LABEL license="Apache 2.0"
LABEL license=GPL-3.0
LABEL license=NONE
LABEL license=GPL-3.0-or-later
LABEL license=BSL-1.0
LABEL license=0BSD
LABEL title=x version=1.0.0 url=http://a created=2024-02-03T10:00:00Z revision=abcdef1 contact=a@b.c
USER 1000
