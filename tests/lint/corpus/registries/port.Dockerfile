FROM localhost:5000/a
FROM ghcr.io:443/a
