FROM debian:12
RUN ["apt-get", "install", "a"]
RUN ["apt-get", "install", "-y", "--no-install-recommends", "a=1"]
RUN ["/bin/bash", "-c", "apt-get install a"]
