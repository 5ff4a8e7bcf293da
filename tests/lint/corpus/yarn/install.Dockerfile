FROM node:22.1
RUN yarn install
RUN yarn install && yarn cache clean
RUN yarn cache clean && yarn install
RUN yarn --frozen-lockfile install
RUN ["yarn", "install"]
RUN yarn
RUN yarn add left-pad
RUN yarn build
USER 1000
