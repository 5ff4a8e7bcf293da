"""Lengths of time as Go writes and reads them: `1m30s`, `500ms`. In nanoseconds."""

from __future__ import annotations

import re
from decimal import Decimal

from onggi.errors import Invalid

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART = r"(\d{1,30}\.?\d{0,30}|\.\d{1,30})(ns|us|µs|μs|ms|s|m|h)"
_LONGEST = (1 << 63) - 1


def parse(text: str) -> int:
    """Raises Invalid; `0` alone needs no unit."""
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    if unsigned == "0":
        return 0
    parts = re.findall(_PART, unsigned, re.ASCII)
    if not parts or "".join(number + unit for number, unit in parts) != unsigned:
        raise Invalid(f"not a length of time: {text!r}", hint="write for example 30s, 1m30s or 500ms")
    total = sum(int(Decimal(number) * _UNITS[unit]) for number, unit in parts)
    if total > _LONGEST:
        raise Invalid(f"too long a time: {text!r}")
    return -total if text.startswith("-") else total


def show(nanoseconds: int) -> str:
    """The shortest that Go writes: `0s`, `1m30s`, `1.5s`, `100ms`."""
    if nanoseconds < 0:
        return "-" + show(-nanoseconds)
    if nanoseconds < _UNITS["s"]:
        for unit in ("ms", "us", "ns"):
            if nanoseconds >= _UNITS[unit]:
                return _decimal(nanoseconds, _UNITS[unit]) + unit.replace("u", "µ")
        return "0s"
    minutes, rest = divmod(nanoseconds, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    shown = f"{hours}h" if hours else ""
    shown += f"{minutes}m" if hours or minutes else ""
    return shown + _decimal(rest, _UNITS["s"]) + "s"


def _decimal(value: int, unit: int) -> str:
    whole, part = divmod(value, unit)
    digits = str(part).zfill(len(str(unit)) - 1).rstrip("0") if part else ""
    return f"{whole}.{digits}" if digits else str(whole)
