FROM debian:12.5
RUN wget https://example.com/a
RUN wget --progress=dot:giga https://example.com/a
RUN wget -q https://example.com/a
RUN wget -qO- https://example.com/a > b
RUN wget -O b https://example.com/a
RUN wget -nv https://example.com/a
RUN wget --no-verbose https://example.com/a
RUN wget -nc https://example.com/a
RUN wget -o log https://example.com/a
RUN wget --append-output=log https://example.com/a
RUN wget --show-progress https://example.com/a
RUN ["wget", "https://example.com/a"]
RUN which wget
RUN apt-get install -y --no-install-recommends wget=1
USER 1000
