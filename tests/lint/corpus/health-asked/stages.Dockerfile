FROM nginx:1.27 AS one
RUN make
FROM nginx:1.27
USER 1000
