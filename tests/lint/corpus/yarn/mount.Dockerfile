FROM node:22.1
RUN --mount=type=cache,target=/root/.cache/yarn yarn install
RUN --mount=type=cache,target=/usr/local/share/.cache/yarn,sharing=locked yarn install
RUN --mount=type=tmpfs,target=/root/.cache/yarn yarn install
RUN --mount=type=cache,target=/x yarn install
USER 1000
