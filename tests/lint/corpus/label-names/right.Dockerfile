FROM debian:12.5
LABEL a=1 a1=2 a_b=3 app.kubernetes.io/name=4 com.dockerx=5 a.-b=6 maintainer="me"
LABEL spaced value with blanks
ONBUILD LABEL Name=x
USER 1000
