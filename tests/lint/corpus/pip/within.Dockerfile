FROM python:3.12
RUN if true; then pip install flask==3.0.0; fi
RUN python -m venv /venv && . /venv/bin/activate && pip install flask==3.0.0
RUN pip install --no-cache-dir a==1; pip install b==1
ONBUILD RUN pip install flask==3.0.0
USER 1000
