"""Bytes that come in chunks, cut otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def without_first(count: int, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes but for the first `count`, or for all where there are fewer."""
    for chunk in chunks:
        if len(chunk) > count:
            yield chunk[count:]
        count = max(count - len(chunk), 0)
