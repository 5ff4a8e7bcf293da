FROM debian:12
RUN set -eux; apt-get update; apt-get install -y --no-install-recommends a=1; rm -rf /var/lib/apt/lists/*
RUN export DEBIAN_FRONTEND=noninteractive && apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*
RUN apt-get update && apt-get install -y --no-install-recommends a=1 || exit 1; rm -rf /var/lib/apt/lists/*
RUN apt-get update -qq && apt-get install -qqy --no-install-recommends a=1 && rm -rf /var/lib/apt/lists/*
RUN { apt-get update; apt-get install a; }
RUN savedAptMark="$(apt-mark showmanual)"; apt-get update; apt-get install -y --no-install-recommends a; apt-mark auto '.*' > /dev/null; rm -rf /var/lib/apt/lists/*
RUN while ! apt-get update; do sleep 1; done
RUN apt-get update | tee log
RUN time apt-get install a
RUN nice apt-get install a
RUN function f { apt-get install a; }; f
