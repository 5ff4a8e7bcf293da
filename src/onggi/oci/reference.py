"""Image names by Docker's rules: `node:18-slim`, `localhost:5000/team/api@sha256:…` (distribution/reference)."""

from __future__ import annotations

import re

import msgspec

from onggi.errors import Invalid
from onggi.oci.digest import Digest, is_digest

DEFAULT_DOMAIN = "docker.io"
DEFAULT_TAG = "latest"
_OLD_DEFAULT_DOMAIN = "index.docker.io"

# distribution/reference, regexp.go: the grammar in its comment block, anchored.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_DOMAIN = (
    r"(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
    r"(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
)
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_DOMAIN_PATTERN = re.compile(_DOMAIN)
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_ID = re.compile(r"[0-9a-f]{64}")
_MAX_NAME = 255


class Reference(msgspec.Struct, frozen=True):
    """A full name. `str()` gives the full form, `familiar()` what people type and see."""

    domain: str
    path: str
    tag: str = ""
    digest: Digest = ""

    def __str__(self) -> str:
        return self.name() + self._suffix()

    def name(self) -> str:
        """Domain and path, without tag and digest."""
        return f"{self.domain}/{self.path}"

    def familiar_name(self) -> str:
        """The name without Docker's default domain and `library/`."""
        if self.domain != DEFAULT_DOMAIN:
            return self.name()
        return self.path.removeprefix("library/")

    def familiar(self) -> str:
        return self.familiar_name() + self._suffix()

    def _suffix(self) -> str:
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def parse(text: str) -> Reference:
    """A reference with the defaults filled in (`docker.io/library/…`, `latest`); raises Invalid."""
    if _ID.fullmatch(text):
        raise _invalid(text, "64 hexadecimal digits are an image's ID")
    rest, at, digest = text.partition("@")
    if at and not is_digest(digest):
        raise _invalid(text, f"{digest!r} is not a sha256 digest")
    name, tag = _split_tag(rest)
    if tag is not None and not is_tag(tag):
        raise _invalid(text, f"{tag!r} is not a tag")
    domain, path = _split_domain(name)
    if not _DOMAIN_PATTERN.fullmatch(domain) or not _PATH.fullmatch(path):
        reason = "repository name must be lowercase" if path.lower() != path else f"{name!r} is not a repository name"
        raise _invalid(text, reason)
    if len(domain) + 1 + len(path) > _MAX_NAME:
        raise _invalid(text, f"a repository name has at most {_MAX_NAME} characters")
    return Reference(domain, path, tag or ("" if digest else DEFAULT_TAG), digest)


def is_repository(text: str) -> bool:
    """Is it a repository's name within its registry, `team/api`? (distribution spec, "Pulling manifests")"""
    return len(text) <= _MAX_NAME and _PATH.fullmatch(text) is not None


def has_tag(text: str) -> bool:
    """Does it say itself which image of a repository is meant, by tag or digest?"""
    return "@" in text or _split_tag(text)[1] is not None


def is_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None


def _split_tag(text: str) -> tuple[str, str | None]:
    """The name and the tag, None if there is none: the colon of a port has a slash behind it."""
    head, colon, last = text.rpartition(":")
    return (head, last) if colon and "/" not in last else (text, None)


def _split_domain(name: str) -> tuple[str, str]:
    """The registry and the path within it. The first part is a registry if no path could begin so."""
    first, slash, rest = name.partition("/")
    if slash and (first == "localhost" or any(mark in first for mark in ".:") or first.lower() != first):
        domain = DEFAULT_DOMAIN if first == _OLD_DEFAULT_DOMAIN else first
        path = rest
    else:
        domain, path = DEFAULT_DOMAIN, name
    return domain, f"library/{path}" if domain == DEFAULT_DOMAIN and "/" not in path else path


def _invalid(text: str, reason: str) -> Invalid:
    return Invalid(
        f"invalid reference format: {text!r}: {reason}", hint="write [registry[:port]/]name[:tag][@sha256:…]"
    )
