FROM debian:12
RUN --mount=type=ssh git clone git@example.org:a/b
RUN --mount=type=ssh ssh -T git@example.org
