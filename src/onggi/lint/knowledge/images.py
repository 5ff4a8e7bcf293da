"""What is known of public images by their names: whom they run as, which tools they lack, and what smaller ones there
are. Of an image that is not here nothing is known, and rules keep silent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from onggi.dockerfile.syntax import SCRATCH
from onggi.errors import Invalid
from onggi.lint.pattern import Pattern
from onggi.oci import reference

Libc: TypeAlias = Literal["musl", "glibc"]


class PublicImage(msgspec.Struct, frozen=True):
    """`name` as people type it (`node`, `gcr.io/distroless/base`), whichever mirror it comes from; `tag` is
    "latest" if there is none."""

    name: str
    tag: str

    @property
    def is_official(self) -> bool:
        """One of Docker's own library; scratch is none."""
        return "/" not in self.name and self.name != SCRATCH

    @property
    def words(self) -> tuple[str, ...]:
        """Of its tag: `3.12-slim-bookworm` → `3.12`, `slim`, `bookworm`."""
        return tuple(self.tag.split("-"))

    @property
    def is_distroless(self) -> bool:
        return self.name.startswith("gcr.io/distroless/")


_MIRRORS = ("public.ecr.aws/docker/library/", "mirror.gcr.io/library/")

_NOT_ROOT = Pattern(r"bitnami/.*|cgr\.dev/.*|nginxinc/nginx-unprivileged|(?:jenkins|apache|grafana|sonarsource)/.*")
_DROPS_ROOT = frozenset(
    {
        "adminer", "cassandra", "couchdb", "crate", "eclipse-mosquitto", "elasticsearch", "emqx", "flink",
        "ghost", "haproxy", "influxdb", "jetty", "kibana", "kong", "krakend", "liquibase", "logstash",
        "mariadb", "memcached", "mongo", "mysql", "neo4j", "odoo", "open-liberty", "percona", "plone",
        "postgres", "rabbitmq", "redis", "rethinkdb", "rocket.chat", "solr", "sonarqube", "spiped", "storm",
        "teamspeak", "telegraf", "valkey", "varnish", "vault", "websphere-liberty", "zookeeper",
    }
)  # fmt: skip
"""Official images that have a USER, or whose entrypoint gives up being root."""

_ROOT_ELSEWHERE = Pattern(r"mcr\.microsoft\.com/dotnet/.*|registry\.access\.redhat\.com/ubi\d+(?:/ubi(?:-\w+)?)?")

_NO_DOWNLOADERS = frozenset({"curl", "wget"})
_DEBIAN_CODES = frozenset({"bullseye", "bookworm", "trixie", "buster", "stretch", "jessie"})

_HAS_CURL_ON_ALPINE = frozenset({"php", "nginx", "docker", "composer", "wordpress", "nextcloud", "caddy", "traefik"})
"""Official images that (may) have curl beside Alpine's own tools."""

_SLIM_WITHOUT_DOWNLOADERS = frozenset({"debian", "node", "python", "ruby", "perl", "pypy", "openjdk"})

_COMPILER = ("build-essential",)
LEFT_OUT: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("curl", "wget", "git", "patch", "unzip", "bzip2", "file", "autoconf", "automake")},
    **{name: (name, *_COMPILER) for name in ("make", "gcc", "g++")},
    "cc": ("gcc", *_COMPILER),
    "c++": ("g++", *_COMPILER),
    "hg": ("mercurial",),
    "svn": ("subversion",),
    "ps": ("procps",),
    "pgrep": ("procps",),
    "pkill": ("procps",),
    "gpg": ("gnupg", "gpg"),
    "xz": ("xz-utils",),
    "convert": ("imagemagick",),
    "pkg-config": ("pkg-config", "pkgconf"),
    "dpkg-architecture": ("dpkg-dev", *_COMPILER),
    "pg_config": ("libpq-dev",),
    "mysql_config": ("default-libmysqlclient-dev", "libmariadb-dev"),
    **dict.fromkeys(("ssh", "scp", "ssh-keygen", "ssh-keyscan"), ("openssh-client",)),
}
"""Programs of Debian's full images of languages that the slim ones leave out, and the packages that bring them."""

_PLAIN_DOTNET = Pattern(r"[\d.]+(?:-(?:bookworm-slim|jammy|noble))?")

_GLIBC = frozenset({"debian", "ubuntu", "fedora", "rockylinux", "almalinux", "amazonlinux", "oraclelinux", "centos"})
_BOTH_LIBCS = frozenset(
    {
        "node", "python", "golang", "rust", "ruby", "php", "openjdk", "eclipse-temurin", "maven", "gradle",
        "perl", "erlang", "elixir",
    }
)  # fmt: skip
"""Official images that are made from Debian or Ubuntu, but for their Alpine tags."""

_HAS_BASH = frozenset(
    {
        "buildpack-deps", "gcc", "haskell", "httpd", "julia", "mariadb", "mongo", "mysql", "nginx", "postgres", "pypy",
        "redis", "swift", "tomcat",
    }
)  # fmt: skip
"""More official images like these."""
_IS_WINDOWS = Pattern(r".*(?:windowsservercore|nanoserver).*")

_SLIM_BEFORE_CODE = frozenset({"python", "ruby", "perl", "pypy"})
"""Where it is `3.12-slim-bookworm`, and not `22-bookworm-slim`."""
_HAS_SLIM = _SLIM_BEFORE_CODE | {"node", "debian"}
_PLAIN_TAG = Pattern(
    r"(?:lts|current|stable|oldstable|testing|\d+(?:\.\d+)*"
    r"|erbium|fermium|gallium|hydrogen|iron|jod|krypton"  # node's lines of long support
    r"|jessie|stretch|buster|bullseye|bookworm|trixie)(?:-[a-z]+)?"
)

_RUNTIMES: Mapping[str, str] = {
    "golang": "gcr.io/distroless/static",
    "rust": "debian:stable-slim",
    "gcc": "debian:stable-slim",
    "haskell": "debian:stable-slim",
    "swift": "swift:slim",
    "maven": "eclipse-temurin:{java}-jre",
    "gradle": "eclipse-temurin:{java}-jre",
    "openjdk": "eclipse-temurin:{java}-jre",
    "eclipse-temurin": "eclipse-temurin:{java}-jre",
    "mcr.microsoft.com/dotnet/sdk": "mcr.microsoft.com/dotnet/aspnet",
}
"""Images that build programs, and what can run these."""

_WITHOUT_COMPILER = {"swift": "slim", "openjdk": "jre", "eclipse-temurin": "jre"}
"""The word of their tags that have none."""

_JAVA = Pattern(r"(?:temurin-|corretto-|jdk-?|^(?=\d+(?:\D|$)))(\d+)")
_LATEST_JAVA = "21"


def public_image(text: str) -> PublicImage | None:
    """None if the text names no image."""
    try:
        parsed = reference.parse(text)
    except Invalid:
        return None
    name = parsed.familiar_name()
    for mirror in _MIRRORS:
        name = name.removeprefix(mirror)
    return PublicImage(name, parsed.tag or reference.DEFAULT_TAG)


def is_root(image: PublicImage) -> bool | None:
    """Whether a program in it is root where nobody says USER; None if that is not known."""
    if image.is_distroless:
        return "nonroot" not in image.words
    if image.name == SCRATCH:
        return True
    if _NOT_ROOT.fullmatch(image.name) or image.name in _DROPS_ROOT or _is_chiseled(image):
        return False
    return True if image.is_official or _ROOT_ELSEWHERE.fullmatch(image.name) else None


def lacking(image: PublicImage) -> frozenset[str]:
    """Which of sh, curl and wget it is known not to have."""
    if image.name == SCRATCH or _is_chiseled(image) or (image.is_distroless and "debug" not in image.words):
        return frozenset({"sh"}) | _NO_DOWNLOADERS
    if not image.is_official:
        is_plain = image.name == "mcr.microsoft.com/dotnet/aspnet" and _PLAIN_DOTNET.fullmatch(image.tag)
        return _NO_DOWNLOADERS if is_plain else frozenset()
    if image.name in ("alpine", "busybox") or (libc(image) == "musl" and image.name not in _HAS_CURL_ON_ALPINE):
        return frozenset({"curl"})  # busybox is its wget
    if image.name in ("debian", "ubuntu") or (image.name in _SLIM_WITHOUT_DOWNLOADERS and "slim" in image.words):
        return _NO_DOWNLOADERS
    return frozenset()


def libc(image: PublicImage) -> Libc | None:
    """The C library of its programs."""
    if image.name == "alpine" or (image.is_official and "alpine" in image.tag):
        return "musl"
    if image.name in _GLIBC or image.name in _BOTH_LIBCS or image.is_distroless:
        return "glibc"
    return None


def careful_shell(image: PublicImage) -> str:
    """The path of a shell in it that knows the option pipefail; "" if none is known."""
    if image.name == "busybox" or libc(image) == "musl":
        return "/bin/ash"  # since BusyBox 1.16
    has_bash = image.name in _GLIBC | _BOTH_LIBCS | _HAS_BASH and not _IS_WINDOWS.fullmatch(image.tag)
    return "/bin/bash" if has_bash else ""


def slim_tag(image: PublicImage) -> str | None:
    """The tag of the same version without compilers and tools; None if it is slim, or there is none. `latest` is no
    version: which one is meant has to be said first."""
    if image.name not in _HAS_SLIM or not _PLAIN_TAG.fullmatch(image.tag):
        return None
    version, _, code = image.tag.partition("-")
    if image.name == "debian":
        return None if code or version in ("experimental", "sid", "unstable") else f"{version}-slim"
    if code and code not in _DEBIAN_CODES:
        return None
    if version in _DEBIAN_CODES:
        return f"slim-{version}" if image.name in _SLIM_BEFORE_CODE else f"{version}-slim"
    if not code:
        return f"{version}-slim"
    return f"{version}-slim-{code}" if image.name in _SLIM_BEFORE_CODE else f"{version}-{code}-slim"


def runtime(image: PublicImage) -> str | None:
    """Which image can run what this one builds; None if it is not there to build."""
    if _WITHOUT_COMPILER.get(image.name) in image.words:
        return None
    found = _RUNTIMES.get(image.name)
    return found.format(java=_java(image)) if found is not None else None


def _java(image: PublicImage) -> str:
    """Its version: `17` of `openjdk:17-jdk-slim` and of `maven:3.9-eclipse-temurin-17`."""
    is_java = image.name in ("openjdk", "eclipse-temurin")
    found = [match for match in _JAVA.finditer(image.tag) if is_java or match.start() > 0]
    return found[0][1] if found else _LATEST_JAVA


def _is_chiseled(image: PublicImage) -> bool:
    return image.name.startswith("mcr.microsoft.com/dotnet/") and "chiseled" in image.tag
