FROM ruby:3
RUN gem install bundler
RUN gem i bundler
RUN gem install bundler:1 rails
RUN gem install --no-document bundler
RUN ["gem", "install", "bundler"]
RUN sudo gem install bundler
RUN gem install bundler rails
RUN gem install a.gem
RUN gem install ./a.gem
RUN gem install $GEM
RUN gem install --source https://example.org a
RUN gem install --platform ruby a
RUN gem install -n /usr/bin a
RUN gem install --force a -- --with-x
ONBUILD RUN gem install a
