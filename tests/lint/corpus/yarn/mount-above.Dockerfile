FROM node:22.1
RUN --mount=type=cache,target=/usr/local/share/.cache yarn install
RUN yarn install && rm -rf /usr/local/share/.cache/yarn
USER 1000
