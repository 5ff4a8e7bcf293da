FROM node:20
RUN cd /x && npm install a
RUN npm install a@1 && npm install b
RUN if true; then npm install a; fi
RUN (npm install a@1)
RUN NODE_ENV=production npm install a
RUN npm install \
    # why
    a@1 \
    b
RUN <<EOF
npm install a
EOF

RUN npm install "a@1" 'b@2'
RUN npm install "@scope/a@${V}"
RUN npm install @scope/a@$V b@"$V"
RUN sudo npm install a
RUN npm install a@1 || true
RUN bash -c 'npm install a'
RUN npm install $(cat x)
RUN npm install a@^1 b@~2 "c@>=1"
