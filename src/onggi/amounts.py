"""Sizes and spans of time in Docker's words (docker/go-units)."""

from __future__ import annotations

import re

from onggi.errors import Invalid

_SIZE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
_BINARY_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_LETTERS = "".join(_SIZE_UNITS)


def counted(number: int, noun: str, mark: str = "") -> str:
    """`1 file`, `412 files`; `mark` "," groups the digits: `1,234 files`."""
    return f"{number:{mark}} {noun}{'' if number == 1 else 's'}"


def human_size(size: float, digits: int = 4) -> str:
    """`1090000` → `1.09MB`: powers of 1000, at most `digits` significant digits. For what Docker prints too.

    Go-units prints 999,999 bytes with three digits as `1e+03kB`; here that is `1MB`.
    """
    value = float(size)
    for unit in _SIZE_UNITS[:-1]:
        if float(f"{value:.{digits}g}") < 1000:
            return f"{value:.{digits}g}{unit}"
        value /= 1000
    return f"{value:.{digits}g}{_SIZE_UNITS[-1]}"


def binary_size(size: float) -> str:
    """`1572864` → `1.5MiB`: powers of 1024, at most four significant digits (go-units' BytesSize)."""
    value = float(size)
    for unit in _BINARY_UNITS[:-1]:
        if value < 1024:
            return f"{value:.4g}{unit}"
        value /= 1024
    return f"{value:.4g}{_BINARY_UNITS[-1]}"


def spaced_size(size: float) -> str:
    """`1.9 GB`: for onggi's own sentences and tables, which are read, not parsed."""
    text = human_size(size, 3)
    amount = text.rstrip(_LETTERS)
    return f"{amount} {text[len(amount) :]}"


_BYTES = r"(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?"


def bytes_of(text: str, kilo: int = 1024) -> int:
    """`64m`, `1.5GiB`, `512`: powers of 1024 (go-units' RAMInBytes), or of 1000 (FromHumanSize). Raises Invalid."""
    found = re.fullmatch(_BYTES, text, re.IGNORECASE)
    if found is None:
        raise Invalid(f"{text!r} is not a size", hint="write for example 64m or 1g; a number alone is bytes")
    return int(float(found[1]) * kilo ** " kmgtp".index(found[2].lower() or " "))


_HOURS = ((48, "hours", 1), (14 * 24, "days", 24), (60 * 24, "weeks", 7 * 24), (2 * 365 * 24, "months", 30 * 24))
"""Below so many hours → the unit and its length in hours."""


def human_duration(seconds: float) -> str:
    """A length of time as people say it: "Less than a second", "About a minute", "3 weeks"."""
    whole = int(max(seconds, 0))
    minutes, hours = whole // 60, (whole + 1800) // 3600
    if whole < 1:
        return "Less than a second"
    if whole < 60:
        return "1 second" if whole == 1 else f"{whole} seconds"
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    if hours == 1:
        return "About an hour"
    for limit, unit, length in _HOURS:
        if hours < limit:
            return f"{hours // length} {unit}"
    return f"{whole // (365 * 24 * 3600)} years"
