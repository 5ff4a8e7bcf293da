FROM python:3.12
RUN pip install --no-cache-dir $PACKAGES
RUN pip install --no-cache-dir flask==${V}
RUN pip install --no-cache-dir "flask${V}"
RUN pip install --no-cache-dir \
    # a comment
    flask \
    django==1
RUN python -m venv x && x/bin/pip install flask && pip install --no-cache-dir django
RUN pip install --no-cache-dir $(cat x)
RUN pip $FLAGS install --no-cache-dir flask
