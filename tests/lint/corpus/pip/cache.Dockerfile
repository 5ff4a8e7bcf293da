FROM python:3.12
RUN pip install flask==3.0.0
RUN pip3 install --no-cache-dir flask==3.0.0
RUN pip3.12 install -r requirements.txt
RUN python -m pip install flask==3.0.0
RUN python3.12 -m pip --no-cache-dir install flask==3.0.0
RUN ["pip", "install", "flask==3.0.0"]
RUN pip -q install flask==3.0.0
RUN pip download flask==3.0.0
USER 1000
