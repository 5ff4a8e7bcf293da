FROM opensuse/leap:15.5
RUN zypper dup
RUN zypper -n dist-upgrade
RUN zypper -n update
RUN echo zypper dup
USER 1000
