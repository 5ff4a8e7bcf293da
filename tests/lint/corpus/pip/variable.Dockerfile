FROM python:3.12
RUN PIP_NO_CACHE_DIR=1 pip install flask==3.0.0
RUN export PIP_NO_CACHE_DIR=1 && pip install flask==3.0.0
ENV PIP_NO_CACHE_DIR=1
RUN pip install flask==3.0.0
USER 1000
