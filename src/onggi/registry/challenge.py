"""What a registry says in `WWW-Authenticate` when it wants to know who asks (RFC 9110, section 11.6.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'\s*({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN}))\s*(?:,|$)')
_SCHEME = re.compile(rf"\s*,*\s*({_TOKEN})(?:\s+|$)")
_TOKEN_68 = re.compile(r"\s*[A-Za-z0-9._~+/-]+=*\s*(?:,|$)")


class Challenge(msgspec.Struct, frozen=True):
    """`scheme` is in lower case, as are the parameters' names."""

    scheme: str
    parameters: Mapping[str, str] = {}


def parse(header: str) -> tuple[Challenge, ...]:
    """The challenges of a header, up to what is none."""
    found: list[Challenge] = []
    at = 0
    while scheme := _SCHEME.match(header, at):
        at = scheme.end()
        parameters: dict[str, str] = {}
        while parameter := _PARAMETER.match(header, at):
            name, quoted, plain = parameter.groups()
            parameters[name.lower()] = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            at = parameter.end()
        if not parameters and (data := _TOKEN_68.match(header, at)):
            at = data.end()
        found.append(Challenge(scheme[1].lower(), parameters))
    return tuple(found)
