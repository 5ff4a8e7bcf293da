FROM node:22.1
ONBUILD RUN yarn install
ONBUILD RUN yarn install && yarn cache clean
