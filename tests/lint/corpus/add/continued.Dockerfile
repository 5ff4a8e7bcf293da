FROM debian:12
ADD --chown=1:1 \
    # what it is
    a \
    /b
add a /b
