FROM debian:12.5
LABEL license="MIT OR Apache-2.0"
LABEL license="GPL-2.0-only WITH Linux-syscall-note AND (MIT OR BSD-3-Clause)"
LABEL license="MIT OR"
LABEL title=x version=1.0.0 url=http://a created=2024-02-03T10:00:00Z revision=abcdef1 contact=a@b.c
USER 1000
