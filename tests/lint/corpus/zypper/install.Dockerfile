FROM opensuse/leap:15.5
RUN zypper install httpd=2.4.46
RUN zypper install -y httpd=2.4.46 && zypper clean
RUN zypper -n in httpd && zypper cc -a
RUN zypper --non-interactive in --no-recommends httpd vim=9 && zypper clean
RUN ["zypper", "in", "httpd"]
USER 1000
