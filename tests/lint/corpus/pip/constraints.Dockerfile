FROM python:3.12
RUN pip install --no-cache-dir -c constraints.txt flask
RUN pip install --no-cache-dir --constraint constraints.txt flask
RUN pip install --no-cache-dir --constraint=constraints.txt flask
RUN pip install --no-cache-dir -cconstraints.txt flask
RUN pip install --no-cache-dir --build-constraint x flask
