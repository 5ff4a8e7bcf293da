"""Dates as image documents and Docker's JSON write them, and as reproducible builds are given them."""

from __future__ import annotations

from datetime import UTC, datetime

from onggi.errors import Invalid


def rfc3339(seconds: float) -> str:
    """`seconds` since the epoch, with as many digits as there are: a reproducible date has none after the point."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def parse_epoch(text: str) -> int:
    """The seconds since the epoch that a SOURCE_DATE_EPOCH says (reproducible-builds.org). Raises Invalid."""
    if not (text.isascii() and text.isdigit()):
        raise Invalid(f"SOURCE_DATE_EPOCH is {text!r}", hint="it is a number of seconds since 1970, without fraction")
    return int(text)
