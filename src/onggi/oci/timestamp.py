"""Moments as images write them: RFC 3339."""

from __future__ import annotations

from datetime import UTC, datetime


def parse(text: str) -> float | None:
    """Seconds since the epoch. None for what is no time, and for the zero time, by which Docker means "unknown"."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.year == 1:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
