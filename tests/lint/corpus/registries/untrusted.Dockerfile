FROM quay.io/a/b:1
FROM registry.example.org:5000/a/b:1
FROM localhost/a:1
FROM gcr.io/a:1 AS x
FROM x
FROM example.org/a:1
FROM a.trusted.example/x:1
FROM b.a.trusted.example/x:1
FROM trusted.example/x:1
