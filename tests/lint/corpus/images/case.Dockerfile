FROM debian:12 AS Base
FROM base
FROM Base
FROM BASE
