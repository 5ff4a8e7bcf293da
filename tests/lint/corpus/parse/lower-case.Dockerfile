from debian:12 as a
run cd /x
copy --from=a /x /y
workdir app
user root
cmd app
