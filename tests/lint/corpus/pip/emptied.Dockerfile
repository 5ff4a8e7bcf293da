FROM python:3.12
RUN pip install flask==3.0.0 && pip cache purge
RUN pip install flask==3.0.0 && rm -rf /root/.cache/pip
USER 1000
