FROM debian
FROM registry.example.org/debian
FROM registry.example.org:5000/debian
FROM localhost:5000/a/b
FROM library/debian AS d
