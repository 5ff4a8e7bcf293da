# Sourced by scripts: Debian's Docker, unpacked below .cache and not installed.

# unpack_docker: its command line and its engine, at .cache/docker/usr.
unpack_docker() {
    local peer=$PWD/.cache/docker
    [ -x "$peer/usr/sbin/dockerd" ] && return
    say "unpacking Debian's Docker below .cache"
    mkdir -p "$peer/packages"
    (cd "$peer/packages" && apt-get -q -o APT::Sandbox::User=root download docker.io containerd runc tini >/dev/null)
    for package in "$peer"/packages/*.deb; do dpkg-deb -x "$package" "$peer"; done
    ln -sf tini-static "$peer/usr/bin/docker-init" # what --init puts before the program
}
