FROM python:3.12
RUN pipx install black==24.1.0
RUN pipenv install --system
RUN python -m pipenv install
RUN uv pip install flask==3.0.0
RUN pip uninstall -y flask
RUN pip wheel -r requirements.txt
RUN echo pip install
USER 1000
