FROM debian:12
RUN sudo apt-get update
RUN ls && sudo ls
RUN ["sudo", "ls"]
RUN echo sudo
RUN sudo -u app make
RUN sudo -E ls
RUN sudo
RUN /usr/bin/sudo ls
RUN (sudo ls)
RUN x=$(sudo ls)
RUN SUDO=1 sudo ls
RUN gosu root ls
RUN echo x | sudo tee /y
RUN sudo bash -c 'echo x > y'
RUN if sudo true; then ls; fi
ONBUILD RUN sudo ls
