FROM debian:12.5
LABEL contact=me
LABEL contact="me at example.com"
LABEL contact="Me <me@example.com>"
LABEL contact=a..b@example.com
LABEL contact=me@-example.com
LABEL contact=me@
LABEL contact=first.last+tag@example.com
LABEL contact=me@localhost
LABEL contact='"a b"@example.com'
LABEL title=x version=1.0.0 url=http://a created=2024-02-03T10:00:00Z license=MIT revision=abcdef1
USER 1000
