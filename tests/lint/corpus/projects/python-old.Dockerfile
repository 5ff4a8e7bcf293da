FROM ubuntu:latest
RUN sudo apt-get update && sudo apt-get install python-pip
RUN pip install flask gunicorn
RUN mkdir app
WORKDIR app
ADD requirements.txt /app/requirements.txt
RUN cd /app && pip install -r requirements.txt
ENTRYPOINT python app.py
