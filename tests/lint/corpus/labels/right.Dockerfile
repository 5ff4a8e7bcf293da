FROM debian:12.5
LABEL title="A tool" \
      url=https://example.com/a?b=c#d \
      version=1.2.3-rc.1+build.5 \
      created=2024-02-03T10:00:00Z \
      license=MIT \
      revision=0123456789abcdef0123456789abcdef01234567 \
      contact=me@example.com \
      other=x
USER 1000
