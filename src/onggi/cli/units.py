"""Sizes, spans and moments of time in Docker's words (docker/go-units, and Go's `time.Time.String`)."""

from __future__ import annotations

import re
from datetime import datetime

from onggi.errors import Invalid

_SIZE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")

_AMOUNT = re.compile(r"(?P<amount>\d+(?:\.\d+)?) ?(?P<unit>[kmgtp]?)(?:i?b)?", re.IGNORECASE)

_MINUTE, _HOUR = 60, 3600
_GO_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_GO_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_GO_DURATION = re.compile(rf"[+-]?(?:{_GO_PART.pattern})+")
_UNIX_TIME = re.compile(r"\d+(?:\.\d{1,9})?")


def human_size(size: float, digits: int = 4) -> str:
    """`1090000` → `1.09MB`: powers of 1000, at most `digits` significant digits.

    Go-units prints 999,999 bytes with three digits as `1e+03kB`; here that is `1MB`.
    """
    value = float(size)
    for unit in _SIZE_UNITS[:-1]:
        if float(f"{value:.{digits}g}") < 1000:
            return f"{value:.{digits}g}{unit}"
        value /= 1000
    return f"{value:.{digits}g}{_SIZE_UNITS[-1]}"


def bytes_of(text: str, kilo: int = 1024) -> int:
    """`64m`, `1.5GB`, `512` → bytes. Every unit is a power of `kilo`; Docker reads limits with 1024. Raises Invalid."""
    found = _AMOUNT.fullmatch(text.strip())
    if not found:
        raise Invalid(f"invalid size: {text!r}", hint="write bytes, or a number with k, m, g or t: 64m")
    return int(float(found["amount"]) * kilo ** " kmgtp".index(found["unit"].lower() or " "))


def spaced_size(size: float) -> str:
    """`1.9 GB`: for columns of sizes that are read, not parsed."""
    text = human_size(size, 3)
    amount = text.rstrip("BkMGTPEZY")
    return f"{amount} {text[len(amount) :]}"


def human_duration(seconds: float) -> str:
    """A span of time as `ps` and `images` say it: `3 minutes`, `About an hour`, `2 weeks`."""
    hours = int(seconds / _HOUR + 0.5)
    minutes = int(seconds / _MINUTE)
    if seconds < 1:
        return "Less than a second"
    if seconds < _MINUTE:
        return "1 second" if int(seconds) == 1 else f"{int(seconds)} seconds"
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    if hours < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    if hours < 24 * 7 * 2:
        return f"{hours // 24} days"
    if hours < 24 * 30 * 2:
        return f"{hours // 24 // 7} weeks"
    if hours < 24 * 365 * 2:
        return f"{hours // 24 // 30} months"
    return f"{int(seconds / _HOUR) // 24 // 365} years"


def ago(then: float, now: float) -> str:
    """`3 minutes ago`; both in seconds since the epoch."""
    return f"{human_duration(now - then)} ago"


def go_time(seconds: float) -> str:
    """Local time as Go prints it: `2024-05-01 10:00:00 +0900 KST`."""
    return datetime.fromtimestamp(int(seconds)).astimezone().strftime("%Y-%m-%d %H:%M:%S %z %Z")


def rfc3339(seconds: float) -> str:
    """Local time to the second, `2024-05-01T10:00:00+09:00`; UTC is written `Z`."""
    text = datetime.fromtimestamp(int(seconds)).astimezone().isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def parse_duration(text: str) -> float | None:
    """Seconds of a Go duration (`1h30m`, `1.5s`, `300ms`); None if it is not one."""
    if not _GO_DURATION.fullmatch(text):
        return 0.0 if text in ("0", "+0", "-0") else None
    total = sum(float(amount) * _GO_UNITS[unit] for amount, unit in _GO_PART.findall(text))
    return -total if text.startswith("-") else total


def parse_moment(text: str, now: float) -> float:
    """Seconds since the epoch from what `--since` and `--until` take: a duration before now, seconds since the epoch,
    or a date with as much of RFC 3339 as one likes to write; without a zone it is local time. Raises Invalid."""
    span = parse_duration(text)
    if span is not None:
        return now - span
    if _UNIX_TIME.fullmatch(text):
        return float(text)
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise Invalid(
            f"{text!r} is not a time", hint="write 10m, 2024-05-01T10:00:00Z, 2024-05-01 or seconds since 1970"
        ) from error
