"""Values as Go sees them: how they print, when they are true, what their fields are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class OpenMap(dict[str, Any]):
    """A Go map (labels, ports, …): a name that is not in it is no mistake."""


class NilMap(OpenMap):
    """A Go map that was never set: it prints and counts as an empty one, and its JSON is null."""


class NilList(list[Any]):
    """The same of a list."""


class Tagged(dict[str, Any]):
    """A Go struct whose JSON has other names than its fields: `document` is that JSON."""

    def __init__(self, fields: Mapping[str, Any], document: Any) -> None:
        super().__init__(fields)
        self.document = document


def show(value: Any) -> str:
    """As Go's fmt prints it with %v."""
    if value is None:
        return "<no value>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    if isinstance(value, OpenMap):
        return "map[" + " ".join(f"{key}:{_nested(item)}" for key, item in sorted(value.items())) + "]"
    if isinstance(value, dict):
        return "{" + " ".join(_nested(item) for item in value.values() if not callable(item)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + " ".join(_nested(item) for item in value) + "]"
    return str(value)


def _nested(value: Any) -> str:
    return "<nil>" if value is None else show(value)


def kind(value: Any) -> str:
    """A word for messages."""
    for types, word in _KINDS:
        if isinstance(value, types):
            return word
    return "a field with arguments" if callable(value) else "nothing"


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "a boolean"),
    (str, "a string"),
    ((int, float), "a number"),
    (OpenMap, "a map"),
    (dict, "a struct"),
    ((list, tuple), "a list"),
)
