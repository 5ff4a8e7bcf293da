FROM debian:12
RUN apt-get update; apt-get install -y a; apt-get install b; rm -rf /var/lib/apt/lists/*
RUN if true; then apt-get install -y --no-install-recommends a; fi
RUN (apt-get install a)
RUN sudo apt-get install a
RUN bash -c 'apt-get install a'
RUN apt-get install -y --no-install-recommends a=1 > /dev/null 2>&1
RUN apt-get install -y --no-install-recommends > /dev/null a
RUN /usr/bin/apt-get install a
