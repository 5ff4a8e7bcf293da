FROM ruby:3
RUN gem install bundler:1.0
RUN gem install bundler -v 1
RUN gem install bundler --version 1
RUN gem install bundler --version=1
RUN gem install bundler -v1
RUN gem install -v '~> 2' bundler
RUN gem install bundler:$V
RUN gem install a:1 -- --with-x
RUN gem install a:1 -- --with-x=y z
RUN gem install
RUN gem list install
RUN gem update --system
RUN gem build install
RUN gem install -g Gemfile
RUN gem install --file
RUN gem install --source https://example.org a:1
RUN gem install -n /usr/bin a:1
RUN gem install --platform ruby a:1
