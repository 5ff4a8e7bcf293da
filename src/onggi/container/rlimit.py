"""`nofile=1024:2048` → a limit (docker/go-units, ulimit.go; setrlimit(2))."""

from __future__ import annotations

from onggi.container.spec import Rlimit
from onggi.errors import Invalid

# What setrlimit(2) knows, without `locks`: Linux has not heeded it since 2.4.25.
_RESOURCES = (
    "core",
    "cpu",
    "data",
    "fsize",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "sigpending",
    "stack",
)


def parse(text: str) -> Rlimit:
    """`NAME=SOFT[:HARD]`; -1 is unlimited, without HARD both are the same. Raises Invalid."""
    name, equals, limits = text.partition("=")
    if not equals:
        raise Invalid(f"ulimit {text!r} has no value", hint="write NAME=SOFT or NAME=SOFT:HARD: nofile=1024:2048")
    if name not in _RESOURCES:
        from onggi.suggest import did_you_mean

        raise Invalid(
            f"there is no ulimit {name!r}{did_you_mean(name, _RESOURCES)}", hint=f"it is one of {', '.join(_RESOURCES)}"
        )
    soft, colon, hard = limits.partition(":")
    first = _number(soft, text)
    last = _number(hard, text) if colon else first
    if last != -1 and (first == -1 or first > last):
        raise Invalid(f"ulimit {text!r}: the soft limit is above the hard limit")
    return Rlimit(name.upper(), first, last)


def _number(text: str, whole: str) -> int:
    if text == "-1" or (text.isascii() and text.isdecimal() and int(text) < 2**63):
        return int(text)
    raise Invalid(f"ulimit {whole!r}: {text!r} is not a limit", hint="a limit is a number, or -1 for none")
