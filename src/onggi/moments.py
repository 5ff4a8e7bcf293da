"""Moments and spans of time as people write them (Go's time.ParseDuration; docker/cli, opts)."""

from __future__ import annotations

import re
from datetime import datetime

from onggi.errors import Invalid

_GO_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_GO_PART = r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)"
_GO_DURATION = rf"[+-]?(?:{_GO_PART})+"
_UNIX_TIME = r"\d+(?:\.\d{1,9})?"


def parse_duration(text: str) -> float | None:
    """Seconds of a Go duration (`1h30m`, `1.5s`, `300ms`); None if it is not one."""
    if not re.fullmatch(_GO_DURATION, text):
        return 0.0 if text in ("0", "+0", "-0") else None
    total = sum(float(amount) * _GO_UNITS[unit] for amount, unit in re.findall(_GO_PART, text))
    return -total if text.startswith("-") else total


def parse_moment(text: str, now: float) -> float:
    """Seconds since the epoch from what `--since` and `--until` take: a duration before now, seconds since the epoch,
    or a date with as much of RFC 3339 as one likes to write; without a zone it is local time. Raises Invalid."""
    span = None if text == "0" else parse_duration(text)  # 0 is the beginning of time, 0s is now
    if span is not None:
        return now - span
    if re.fullmatch(_UNIX_TIME, text):
        return float(text)
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise Invalid(
            f"{text!r} is not a time", hint="write 10m, 2024-05-01T10:00:00Z, 2024-05-01 or seconds since 1970"
        ) from error
