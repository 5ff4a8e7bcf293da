FROM node
MAINTAINER team@example.org
RUN apt-get update
RUN apt-get install -y git python
ADD . /usr/src/app
WORKDIR /usr/src/app
RUN npm install -g grunt-cli bower
RUN npm install && bower install --allow-root
EXPOSE 3000
CMD npm start
