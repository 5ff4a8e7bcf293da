FROM debian:12.5
LABEL url=example.com
LABEL url="http://example.com/a b"
LABEL url=http://example.com/%zz
LABEL url=1http://example.com
LABEL url="http://example.com/<x>"
LABEL url=mailto:me@example.com
LABEL url=urn:a:b
LABEL url=http://[::1]:80/%20
LABEL title=x version=1.0.0 created=2024-02-03T10:00:00Z license=MIT revision=abcdef1 contact=a@b.c
USER 1000
