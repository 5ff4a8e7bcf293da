FROM node:20
ONBUILD ADD package.json /app/
ONBUILD RUN cd /app && npm install express
ONBUILD WORKDIR app
ONBUILD COPY . /app
ONBUILD CMD npm start
