FROM debian:12.5
RUN useradd -u 123456 app
RUN useradd -u 12345 app
RUN useradd -l -u 123456 app
RUN useradd --no-log-init -u 123456 app
RUN useradd -mu 123456 app
RUN useradd -u "123456" app
RUN useradd app -u 123456
RUN useradd -g 123456 app
RUN ["useradd", "-u", "123456", "app"]
RUN adduser -u 123456 app
USER 1000
