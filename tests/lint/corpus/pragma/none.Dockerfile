# hadolint is not told anything here
FROM debian:12
# ignore=DL3003
RUN ls
