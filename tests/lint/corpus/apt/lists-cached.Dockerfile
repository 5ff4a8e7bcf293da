FROM debian:12
RUN --mount=type=cache,target=/var/lib/apt/lists apt-get update
RUN --mount=type=cache,target=/var/lib/apt --mount=type=cache,target=/var/cache/apt apt-get update
RUN --mount=type=cache,target=/var/lib/apt apt-get update
RUN --mount=type=cache,target=/var/cache/apt apt-get update
RUN --mount=type=cache,target=/var/lib/apt/lists/ apt-get update
RUN --mount=type=cache,target=/var/lib/apt/lists,sharing=locked,id=x apt-get update
RUN --mount=type=cache,dst=/var/lib/apt/lists apt-get update
RUN --mount=target=/var/lib/apt/lists,type=cache apt-get update
RUN --mount=type=tmpfs,target=/var/lib/apt/lists apt-get update
RUN --mount=type=bind,target=/var/lib/apt/lists apt-get update
RUN --mount=type=tmpfs,target=/var/lib/apt --mount=type=tmpfs,target=/var/cache/apt apt-get update
