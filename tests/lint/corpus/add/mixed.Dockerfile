FROM debian:12
ADD a.tar.gz b /c/
ADD https://example.org/a b /c/
ADD a.tar.gz https://example.org/a /c/
ADD ["a", "/b"]
ADD ["a.tar.gz", "/b"]
ADD "a.tar.gz" /b
ADD 'a.tgz' /b
ADD *.tar.gz /b
ADD --chown=1:1 a /b
ADD --chmod=755 --link a /b
ADD --keep-git-dir=true a /b
ADD --unpack a.tar.gz /b
ADD --exclude=x a /b
ONBUILD ADD a /b
ONBUILD ADD a.tar /b
