"""Fields of JSON documents by their paths: `HostConfig.Mounts.*.ReadOnly`. A `*` is each item of a list, or each value
of an object whose names are anybody's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_EMPTY: tuple[Any, ...] = (None, "", [], {})


def drop(document: Any, path: str, *, if_empty: bool = False) -> None:
    """Take out what is at `path`; if_empty: only where there is nothing in it."""
    for holder, name in _holders(document, path.split(".")):
        if not if_empty or holder[name] in _EMPTY:
            del holder[name]


def _holders(document: Any, path: list[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects in which the last name of `path` is, and that name."""
    first, *rest = path
    if isinstance(document, list | tuple) and first == "*":
        for each in document:
            yield from _holders(each, rest)
    elif isinstance(document, dict) and not rest:
        if first in document:
            yield document, first
    elif isinstance(document, dict):
        for each in document.values() if first == "*" else (document.get(first),):
            yield from _holders(each, rest)
