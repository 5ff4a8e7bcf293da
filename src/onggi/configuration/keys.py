"""Tables of keys: what a table of a file may say, and how each is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias

from onggi.configuration.document import Cell
from onggi.errors import Invalid
from onggi.suggest import did_you_mean

Keys: TypeAlias = Mapping[str, tuple[str, Callable[[Cell], Any]]]
"""Key → the field that its value is for, and how it is read."""


def fields(cell: Cell, keys: Keys) -> dict[str, Any]:
    """The values of a table, by field. Raises Invalid for keys that are not in `keys`."""
    found: dict[str, Any] = {}
    for key, each in cell.pairs():
        if key not in keys:
            raise unknown_key(each, key, keys)
        field, read = keys[key]
        found[field] = read(each)
    return found


def unknown_key(cell: Cell, key: str, keys: Collection[str], meant: str = "") -> Invalid:
    return cell.fault(f"there is no such key{meant or did_you_mean(key, keys)}", f"keys are {', '.join(keys)}")
