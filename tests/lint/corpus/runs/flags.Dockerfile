FROM debian:12.5
RUN --mount=type=cache,target=/x ./a
RUN ./b
RUN --network=none ./c
RUN --network=none ./d
RUN --mount=type=cache,target=/x,sharing=locked ./e
RUN --mount=type=cache,sharing=locked,dst=/x ./f
RUN --security=insecure ./g
USER 1000
