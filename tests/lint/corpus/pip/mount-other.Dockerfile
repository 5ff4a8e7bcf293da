FROM python:3.12
RUN --mount=type=cache,target=/root/.cache pip install flask==3.0.0
RUN --mount=type=cache,target=/pip pip install --cache-dir=/pip flask==3.0.0
USER 1000
