FROM nginx:1.27
HEALTHCHECK --interval=1m CMD ["curl", "-f", "localhost"]
USER 1000
