FROM python:3.12 AS base
ENV PIP_NO_CACHE_DIR=true
FROM base AS app
RUN pip install flask==3.0.0
FROM python:3.12
RUN pip install flask==3.0.0
USER 1000
