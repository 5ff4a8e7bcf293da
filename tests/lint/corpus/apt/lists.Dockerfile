FROM debian:12
RUN apt-get update
RUN apt-get update && apt-get install -y --no-install-recommends a=1
RUN apt-get update && rm -rf /var/lib/apt/lists/*
RUN apt-get update && rm -rf /var/lib/apt/lists
RUN apt-get update && rm -rf /var/lib/apt/lists/
RUN apt-get update && rm -r /var/lib/apt/lists/*
RUN apt-get update && rm -fr /var/lib/apt/lists/*
RUN apt-get update && rm -r -f /var/lib/apt/lists/*
RUN apt-get update && rm -rf /tmp/* /var/lib/apt/lists/* /x
RUN apt-get update && rm -rf /var/lib/apt/*
RUN apt-get update && rm -rf /tmp/*
RUN apt-get update && apt-get clean
RUN apt-get -q update
RUN apt-get update -q && ls
RUN apt-get install -y --no-install-recommends a=1
RUN apt-get update && rm -Rf /var/lib/apt/lists/*
RUN apt-get update && rm --recursive --force /var/lib/apt/lists/*
RUN apt-get update && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
RUN apt-get update && rm -rf "/var/lib/apt/lists/*"
RUN apt-get update && rm -rf /var/lib/apt/lists/*_*
RUN apt-get update && rm -rf /var/lib/{apt,dpkg}/lists/*
RUN apt-get update && find /var/lib/apt/lists -type f -delete
RUN apt update && apt-get install -y --no-install-recommends a=1
RUN rm -rf /var/lib/apt/lists/* && apt-get update
