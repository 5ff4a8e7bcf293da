FROM python:3.12
RUN pip install --no-cache-dir git+https://example.org/a.git
RUN pip install --no-cache-dir git+ssh://git@example.org/a.git
RUN pip install --no-cache-dir hg+https://example.org/a
RUN pip install --no-cache-dir svn+https://example.org/a@1
RUN pip install --no-cache-dir git+file:///x
RUN pip install --no-cache-dir bzr+https://example.org/a
RUN pip install --no-cache-dir git+https://example.org/a.git#egg=a
RUN pip install --no-cache-dir "a @ git+https://example.org/a.git"
