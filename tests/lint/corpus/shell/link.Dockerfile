FROM debian:12.5
RUN ln -sf /bin/bash /bin/sh
RUN rm /bin/sh && ln -s /bin/bash /bin/sh
RUN ["ln", "-sf", "/bin/bash", "/bin/sh"]
RUN ln -s /bin/bash /bin/sh2
ONBUILD RUN ln -sf bash /bin/sh
USER 1000
