FROM debian:12
ARG VERSION=1
ENV PACKAGES="a b"
RUN apt-get install -y --no-install-recommends a=$VERSION
RUN apt-get install -y --no-install-recommends a=${VERSION}
RUN apt-get install -y --no-install-recommends $PACKAGES
RUN apt-get install -y --no-install-recommends ${PACKAGES}
RUN apt-get install -y --no-install-recommends "$PACKAGES"
RUN apt-get install -y --no-install-recommends $(cat packages.txt)
RUN apt-get install -y --no-install-recommends a$VERSION
RUN apt-get $OPTIONS install -y --no-install-recommends a
RUN xargs apt-get install -y --no-install-recommends < packages.txt
RUN for p in a b; do apt-get install -y --no-install-recommends $p; done
RUN apt-get install -y --no-install-recommends "a=1" 'b=2' "c"
