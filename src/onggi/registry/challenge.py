"""What a registry says in `WWW-Authenticate` when it wants to know who asks (RFC 9110, section 11.6.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TOKEN_68 = r"[0-9A-Za-z._~+/-]+=*"
_BETWEEN = re.compile(r"[\s,]*")  # lists may have empty elements
_SCHEME = re.compile(rf"({_TOKEN})(?:\s+{_TOKEN_68}\s*(?=,|$))?(?=[\s,]|$)")
_PARAMETER = re.compile(rf'({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN}))\s*(?=,|$)')


class Challenge(msgspec.Struct, frozen=True):
    """`scheme` is in lower case, as are the parameters' names."""

    scheme: str
    parameters: Mapping[str, str] = {}


def parse(header: str) -> tuple[Challenge, ...]:
    """The challenges of a header, up to what is none."""
    found: list[Challenge] = []
    at = _skip(header, 0)
    while scheme := _SCHEME.match(header, at):
        at = _skip(header, scheme.end())
        parameters: dict[str, str] = {}
        while parameter := _PARAMETER.match(header, at):
            name, quoted, plain = parameter.groups()
            parameters[name.lower()] = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            at = _skip(header, parameter.end())
        found.append(Challenge(scheme[1].lower(), parameters))
    return tuple(found)


def _skip(header: str, at: int) -> int:
    between = _BETWEEN.match(header, at)
    return between.end() if between else at
