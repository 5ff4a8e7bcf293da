"""Dates as image documents and Docker's JSON write them."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(seconds: float) -> str:
    """`seconds` since the epoch, with as many digits as there are: a reproducible date has none after the point."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
