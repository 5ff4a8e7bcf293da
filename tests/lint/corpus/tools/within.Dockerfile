FROM debian:12
RUN ls | grep x && (service nginx start)
RUN ["service", "nginx", "start"]
RUN ["ps"]
RUN x=$(ps aux | wc -l)
RUN sudo service x start
RUN /usr/sbin/service x start
RUN <<EOF
service nginx start
ps
EOF

RUN if ps; then free; fi
