FROM python:3.12
RUN pip install --no-cache-dir flask==1.0
RUN pip install --no-cache-dir "flask>=1" 'django<2' a~=1 b===2 c!=3 "d<=4"
RUN pip install --no-cache-dir flask==$VERSION
RUN pip install --no-cache-dir flask[async]==1
RUN pip install --no-cache-dir a.whl b.tar.gz /x/c ./d
RUN pip install --no-cache-dir git+https://example.org/a.git@v1
RUN pip install --no-cache-dir git+https://example.org/a.git@v1#egg=a
RUN pip install --no-cache-dir "a @ https://example.org/a-1.zip"
RUN pip install --no-cache-dir a@https://example.org/a-1.zip
RUN pip install --no-cache-dir https://example.org/a-1.zip
