FROM python:3.12
RUN pip download flask
RUN pip freeze
RUN pip uninstall -y flask
RUN pip list install
RUN echo pip install flask
RUN python -m venv /x
RUN python setup.py install
RUN pip wheel flask
RUN python -m pip --version
RUN python install pip
