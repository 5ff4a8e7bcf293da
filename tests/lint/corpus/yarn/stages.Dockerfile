FROM node:22.1 AS deps
RUN yarn install
FROM node:22.1 AS base
RUN yarn install
FROM base
COPY --from=deps /a /a
RUN yarn install
USER 1000
