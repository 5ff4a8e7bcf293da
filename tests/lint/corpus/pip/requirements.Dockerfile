FROM python:3.12
RUN pip install --no-cache-dir -r requirements.txt
RUN pip install --no-cache-dir --requirement requirements.txt
RUN pip install --no-cache-dir --requirement=requirements.txt
RUN pip install --no-cache-dir -rrequirements.txt
RUN pip install --no-cache-dir .
RUN pip install --no-cache-dir ".[dev]"
RUN pip install --no-cache-dir -e .
RUN pip install --no-cache-dir -e .[dev]
RUN pip install --no-cache-dir --editable .
RUN pip install --no-cache-dir -e /x
RUN pip install --no-cache-dir -r requirements.txt flask
RUN pip install --no-cache-dir flask -r requirements.txt
RUN pip install --no-cache-dir -Ur requirements.txt
RUN pip install --no-cache-dir . flask
RUN pip install --no-cache-dir ./
RUN pip install --no-cache-dir ..
RUN pip install --no-cache-dir
RUN pip install --no-cache-dir --group dev
RUN pip install --no-cache-dir pytest -e .
