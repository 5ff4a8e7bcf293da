FROM node:20
RUN npm install express
RUN npm install -g yarn
RUN npm i express
RUN npm add express
RUN npm install @scope/a
RUN npm install express@4 lodash
RUN npm install --global --production express
RUN ["npm", "install", "express"]
RUN npm -g install express
RUN npm --prefix /x install express
RUN npm install --prefix /x express@1
RUN npm install --registry https://example.org express@1
RUN npm install --registry=https://example.org express@1
RUN npm install --save-dev express
RUN npm install git+https://example.org/a.git
RUN npm install git://example.org/a.git
RUN npm install user/repo
RUN npm install github:user/repo
RUN npm install https://example.org/a
RUN npm install npm:a
RUN npm install a@npm:b
RUN npm install a@latest
RUN npm install a@
RUN npm install $A
RUN npm install "a"
RUN npm install -C /x
RUN npm install -C /x a@1
RUN npm install --loglevel warn a@1
RUN npm install --workspace x a@1
RUN npm install --cache x a@1
RUN npm install --omit dev a@1
RUN npm install --omit=dev
ONBUILD RUN npm install a
