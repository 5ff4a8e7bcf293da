"""Instants at which something is killed: spread over the time that it takes, so that few of them meet each part."""

from __future__ import annotations

from collections.abc import Iterator

_GOLDEN = 0.6180339887498949
"""Whose multiples, without what is in front of the point, are spread evenly however many of them there are."""


def spread(number: int, until: float) -> Iterator[float]:
    """So many, in seconds; early and late ones take turns."""
    return (until * (each * _GOLDEN % 1) for each in range(1, number + 1))
