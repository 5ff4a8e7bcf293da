"""A registry, or a part of one, and which references are of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

import msgspec

from onggi.errors import Invalid
from onggi.oci import reference
from onggi.oci.reference import DEFAULT_DOMAIN
from onggi.registry.place import DOCKER_HOST

_ANY = "*"
_BENEATH = "*."
TLS_PORT = ":443"


class Part(msgspec.Struct, frozen=True):
    """`docker.io`, `ghcr.io/team`: a host, and whole components of a path, none for all that the host has. As a prefix
    it may be of many hosts: `*.corp.example` of all beneath, `*` of all."""

    host: str
    path: str = ""

    def __str__(self) -> str:
        return f"{self.host}/{self.path}" if self.path else self.host

    def rest(self, host: str, path: str) -> str | None:
        """What is behind it in a name, None where the name does not begin with it. `path` "" is the host itself."""
        if not self._is_of(canonical(host)):
            return None
        if not self.path or path == self.path:
            return path[len(self.path) :]
        return path.removeprefix(f"{self.path}/") if path.startswith(f"{self.path}/") else None

    def _is_of(self, host: str) -> bool:
        own = canonical(self.host)
        if own.startswith(_BENEATH):
            return host.endswith(own.removeprefix(_ANY))
        return own in (_ANY, host)

    def length(self) -> tuple[int, bool, int]:
        """To be compared with that of another one that the same name begins with: they are never equal."""
        return self.path.count("/") + bool(self.path), _ANY not in self.host, len(self.host)


def part(text: str) -> Part:
    """Of one host. Raises Invalid."""
    host, _, path = f"{text}/x/x".partition("/")
    found = reference.parse(f"{host.lower()}/{path}")  # the grammar of references decides what hosts and paths are
    if found.path != path:
        raise Invalid(f"{text!r} begins with no registry", hint="docker.io comes before names of Docker Hub")
    return Part(found.domain, path.removesuffix("x/x").removesuffix("/"))


def prefix(text: str) -> Part:
    """Of one host or of many. Raises Invalid."""
    first, slash, path = text.partition("/")
    if first == _ANY:
        return Part(_ANY, part(f"any.example{slash}{path}").path)
    if first.startswith(_BENEATH):
        one = part(f"any{text[1:]}")
        return Part(one.host.replace("any", _ANY, 1), one.path)
    return part(text)


def canonical(host: str) -> str:
    """Letters' case says nothing, nor does the port that is meant where there is none."""
    return host.lower().removesuffix(TLS_PORT)


def domain_of(host: str) -> str:
    """What references call the registry that is connected to at `host`."""
    return DEFAULT_DOMAIN if canonical(host) == DOCKER_HOST else canonical(host)


class Prefixed(Protocol):
    @property
    def prefix(self) -> Part: ...


_Prefixed = TypeVar("_Prefixed", bound=Prefixed)


def longest(entries: Iterable[_Prefixed], host: str, path: str = "") -> _Prefixed | None:
    """The one with the longest prefix that the name begins with."""
    found = (entry for entry in entries if entry.prefix.rest(host, path) is not None)
    return max(found, key=lambda entry: entry.prefix.length(), default=None)
