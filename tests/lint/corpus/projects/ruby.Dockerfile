FROM ruby:3.3-slim AS base
WORKDIR /rails
ENV RAILS_ENV=production BUNDLE_WITHOUT=development

FROM base AS build
RUN apt-get update -qq && apt-get install --no-install-recommends -y build-essential git
COPY Gemfile Gemfile.lock ./
RUN bundle install && rm -rf ~/.bundle
COPY . .

FROM base
RUN apt-get update -qq && \
    apt-get install --no-install-recommends -y curl=7.88.1-10 && \
    rm -rf /var/lib/apt/lists /var/cache/apt/archives
COPY --from=build /rails /rails
RUN gem install foreman
CMD ["./bin/rails", "server"]
