FROM debian:12
ADD https://example.org/a /b
ADD http://example.org/a /b
ADD git@example.org:a/b.git /b
ADD https://example.org/a.git /b
ADD https://example.org/a.git#main /b
ADD ftp://example.org/a /b
ADD git://example.org/a.git /b
ADD ssh://git@example.org/a.git /b
ADD --checksum=sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa https://example.org/a /b
ADD $URL /b
ADD ${URL}/a.tar.gz /b
ADD "https://example.org/a" /b
