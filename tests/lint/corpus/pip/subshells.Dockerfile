FROM python:3.12
RUN (cd /x && pip install --no-cache-dir flask)
RUN . venv/bin/activate && pip install --no-cache-dir flask
RUN if pip --version; then pip install --no-cache-dir flask==1; fi
RUN PIP_NO_CACHE_DIR=1 pip install flask
RUN pip install --no-cache-dir flask==1 && pip install --no-cache-dir django
RUN pip install --no-cache-dir flask | tee log
RUN bash -c "pip install flask"
