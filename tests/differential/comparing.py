"""Two documents, field by field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .conftest import normal


class Missing:
    """What a field has that is not there."""

    def __repr__(self) -> str:
        return "no field"


MISSING = Missing()
_UNORDERED = ({"Destination"}, {"PrivatePort", "Type"}, {"Driver", "Name"})
"""Fields of mounts, ports, volumes and networks by which a list of them is sorted."""
_ID = re.compile(r"[0-9a-f]{64}")
_MAC = re.compile(r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b")


class Difference(NamedTuple):
    """A field's `path`, in which a `*` is each of a list, and what both have there."""

    path: str
    theirs: Any
    ours: Any

    @property
    def is_of_value(self) -> bool:
        """Both have the field, and in it the same kind of thing."""
        return type(self.theirs) is type(self.ours)

    @property
    def is_ours_alone(self) -> bool:
        return _is_nothing(self.theirs)

    @property
    def is_of_nothing(self) -> bool:
        """Neither has anything in it: it is not there, null, or empty."""
        return _is_nothing(self.theirs) and _is_nothing(self.ours)

    def __str__(self) -> str:
        return f"{self.path}: {self.theirs!r} with Docker, {self.ours!r} with us"


def differences(theirs: Any, ours: Any, path: str = "") -> Iterator[Difference]:
    """All that differs but IDs, moments and MAC addresses, which have to be such in both."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        theirs, ours = _named(theirs), _named(ours)
        for name in sorted(theirs.keys() | ours.keys()):
            yield from differences(theirs.get(name, MISSING), ours.get(name, MISSING), _below(path, name))
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for one, other in zip(_sorted(theirs), _sorted(ours), strict=True):
            yield from differences(one, other, _below(path, "*"))
    elif _plain(theirs) != _plain(ours):
        yield Difference(path, theirs, ours)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _named(entries: Mapping[str, Any]) -> dict[str, Any]:
    """The containers of a network by their names, not by their IDs."""
    return {entry["Name"] if _ID.fullmatch(key) else key: entry for key, entry in entries.items()}


def _sorted(entries: list[Any]) -> list[Any]:
    """What comes out of a map of Docker's comes in any order."""
    for names in _UNORDERED:
        if all(isinstance(entry, dict) and names <= entry.keys() for entry in entries):
            return sorted(entries, key=lambda entry: [str(entry[name]) for name in sorted(names)])
    return entries


def _plain(value: Any) -> Any:
    """As it is compared; 1 is not True, nor is it 1.0."""
    return _MAC.sub("<MAC>", normal(value)) if isinstance(value, str) else (type(value), value)


def _is_nothing(value: Any) -> bool:
    return value is MISSING or not value
