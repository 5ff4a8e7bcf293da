"""Tables of keys: what a configuration file may say, and how each is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from onggi.errors import Invalid
from onggi.lint.codes import is_known
from onggi.lint.config import values
from onggi.lint.config.config import Changes, Config
from onggi.lint.config.document import Cell
from onggi.suggest import did_you_mean

Keys: TypeAlias = Mapping[str, tuple[str, Callable[[Cell], Any]]]
"""Key → field of Changes or of Config, and how it is read. `never_fails` is a threshold of None."""

_OF_CONFIG = frozenset(Config.__struct_fields__)


def fields(cell: Cell, keys: Keys) -> dict[str, Any]:
    """The values of a table, by field. Raises Invalid for keys that are not in `keys`."""
    found: dict[str, Any] = {}
    for key, each in cell.pairs():
        if key not in keys:
            raise unknown_key(each, key, keys)
        field, read = keys[key]
        found[field] = read(each)
    return found


def changes(found: dict[str, Any]) -> Changes:
    if found.pop("never_fails", False):
        found["threshold"] = None
    return Changes(**found)


def made_of(found: dict[str, Any], notes: Sequence[str]) -> Config:
    own = {field: found.pop(field) for field in _OF_CONFIG & found.keys()}
    return Config(**own, changes=changes(found), notes=tuple(notes))


def unknown_key(cell: Cell, key: str, keys: Collection[str], meant: str = "") -> Invalid:
    return Invalid(
        f"{cell.place()}: {cell.key()}: there is no such key{meant or did_you_mean(key, keys)}",
        hint=f"keys are {', '.join(keys)}",
    )


def unknown_codes(cell: Cell, codes: Collection[str]) -> Iterator[str]:
    """What to tell of those in a list that no rule has."""
    for each in cell.cells():
        if not is_known(values.text(each), codes):
            yield unknown_code(each, values.text(each), codes)


def unknown_code(cell: Cell, code: str, codes: Collection[str]) -> str:
    return f"{cell.place()}: {cell.key()}: there is no rule {code}{did_you_mean(code, codes)}"
