FROM debian:12
RUN <<-EOF
	ls
	EOF
