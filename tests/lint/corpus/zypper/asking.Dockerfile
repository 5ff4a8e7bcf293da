FROM opensuse/leap:15.5
RUN zypper remove vim
RUN zypper rm --no-confirm vim
RUN zypper patch
RUN zypper -y patch
RUN zypper si vim
RUN zypper source-install vim
RUN zypper update
RUN zypper search vim
USER 1000
