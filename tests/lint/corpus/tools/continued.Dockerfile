FROM debian:12
RUN ls && \
    # about the service
    service nginx start && \

    ls
