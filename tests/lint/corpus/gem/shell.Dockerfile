FROM ruby:3
RUN (gem install a)
RUN gem install a:1 && gem install b
RUN if true; then gem install a; fi
RUN gem install \
    # why
    a \
    b:1
RUN <<EOF
gem install a
EOF

RUN gem install "a:1" 'b:2'
RUN gem install -v "$V" a
RUN gem install a -v "$V" && gem install b
RUN gem install a --version "$V" --no-document
