# Sourced by scripts: programs of Debian 13 on a Debian 12, unpacked into a folder and not installed.

# unpack_trixie FOLDER PACKAGE=VERSION…: from the mirror that this machine's apt has, signatures checked as ever. Says
# so where the mirror has a newer version of one, and takes that.
unpack_trixie() {
    local folder=$1 apt uri package
    shift
    apt=$(mktemp -d)
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    # Debian 12 has had the keys of Debian 13 since its point release of May 2025; an older machine's are too old.
    apt-get indextargets | grep -q . || apt-get update -qq
    (cd "$apt" && apt-get -qq -o APT::Sandbox::User=root download debian-archive-keyring)
    dpkg-deb -x "$apt"/debian-archive-keyring_*.deb "$apt/keys"
    uri=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' |
        awk -v release="$(. /etc/os-release && echo "$VERSION_CODENAME")" '$1 == release && $2 == "main" { print $3; exit }')
    printf 'deb [signed-by=%s] %s trixie main\n' "$apt/keys/usr/share/keyrings/debian-archive-keyring.gpg" "$uri" >"$apt/sources.list"
    printf '%s\n' 'APT::Sandbox::User "root";' "Dir::Etc::SourceList \"$apt/sources.list\";" 'Dir::Etc::SourceParts "/dev/null";' \
        "Dir::State::Lists \"$apt/lists\";" "Dir::Cache \"$apt/cache\";" >"$apt/apt.conf"
    (
        export APT_CONFIG=$apt/apt.conf
        cd "$apt"
        apt-get -qq update
        for package in "$@"; do
            apt-get -qq download "$package" 2>/dev/null && continue
            echo "Debian 13 has no $package any more; taking the ${package%%=*} that it has" >&2
            apt-get -qq download "${package%%=*}"
        done
    )
    rm "$apt"/debian-archive-keyring_*.deb
    for package in "$apt"/*.deb; do dpkg-deb -x "$package" "$folder"; done
    rm -r "$apt"
}
