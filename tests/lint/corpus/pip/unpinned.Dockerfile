FROM python:3.12
RUN pip install --no-cache-dir flask
RUN pip3 install --no-cache-dir flask
RUN pip2 install --no-cache-dir flask
RUN pip3.12 install --no-cache-dir flask
RUN python -m pip install --no-cache-dir flask
RUN python3 -m pip install --no-cache-dir flask
RUN python3.12 -m pip install --no-cache-dir flask
RUN pip install --no-cache-dir flask==1 django
RUN pip install --no-cache-dir --upgrade pip
RUN pip install --no-cache-dir -U pip setuptools wheel
RUN pip --no-cache-dir install flask
RUN /usr/bin/pip install flask
RUN sudo pip install flask
RUN pip install --no-cache-dir "flask[async]"
RUN uv pip install flask
RUN uv pip install --system flask
RUN pipx install flask
RUN py -m pip install --no-cache-dir flask
RUN python -u -m pip install --no-cache-dir flask
RUN ["pip", "install", "--no-cache-dir", "flask"]
RUN ["python", "-m", "pip", "install", "--no-cache-dir", "flask"]
ONBUILD RUN pip install --no-cache-dir flask
