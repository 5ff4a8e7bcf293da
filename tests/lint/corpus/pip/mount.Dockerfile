FROM python:3.12
RUN --mount=type=cache,target=/root/.cache/pip pip install flask==3.0.0
RUN --mount=type=cache,target=/home/app/.cache/pip pip install flask==3.0.0
RUN --mount=type=tmpfs,target=/root/.cache/pip pip install flask==3.0.0
RUN --mount=type=cache,target=/npm pip install flask==3.0.0
USER 1000
