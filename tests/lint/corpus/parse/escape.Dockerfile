# escape=`
FROM debian:12
RUN ls `
    && cd /x
WORKDIR app
