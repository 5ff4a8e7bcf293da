FROM node:20
RUN npm install
RUN npm ci
RUN npm install express@4
RUN npm install express@$V
RUN npm install @scope/a@1
RUN npm install git+https://example.org/a.git#v1
RUN npm install git+ssh://git@example.org/a.git#semver:^1
RUN npm install ./a /b ../c ~/d
RUN npm install a.tgz b.tar.gz c.tar
RUN npm install https://example.org/a.tgz
RUN npm install https://example.org/a@1
RUN npm install .
RUN npm install ..
RUN npm update a
RUN npm run install a
RUN npm uninstall a
RUN npm cache add a
RUN npm run build && npm install
RUN echo npm install a
