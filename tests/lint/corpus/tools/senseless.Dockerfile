FROM debian:12
RUN ps aux
RUN kill 1
RUN mount /dev/sda /mnt
RUN service nginx start
RUN top
RUN free -m
RUN shutdown now
RUN vim x
RUN ssh host ls
RUN ifconfig
