FROM registry.example.org/a:1 AS quay.io
FROM quay.io AS x
COPY --from=quay.io/a/b /x /y
