FROM debian:12 AS base
FROM base AS next
FROM next
FROM other
