FROM debian:12
RUN cd
RUN ls; cd /x; make
RUN if true; then cd /x; fi
RUN for d in a b; do (cd $d && make); done
RUN sh -c 'cd /x && make'
RUN sh -c "cd /x"
RUN $(cd /x && pwd)
RUN x=$(cd /x && pwd)
RUN FOO=bar cd /x
RUN { cd /x; ls; }
RUN f() { cd /x; }; f
RUN command cd /x
RUN builtin cd /x
RUN \cd /x
RUN "cd" /x
RUN /usr/bin/cd /x
RUN echo "$(cd /x)"
RUN echo `cd /x`
RUN cd /x | cat
RUN ! cd /x
RUN env cd /x
RUN pushd /x
RUN time cd /x
RUN exec cd /x
RUN cat <(cd /x)
RUN while cd /x; do break; done
RUN case x in x) cd /x;; esac
RUN test -d x || cd /x
RUN cd /x &
RUN true && cd
