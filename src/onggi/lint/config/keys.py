"""What was read of a configuration as changes, and codes in it that no rule has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from onggi.configuration import values
from onggi.configuration.document import Cell
from onggi.lint.codes import is_known
from onggi.lint.config.config import Changes, Config
from onggi.suggest import did_you_mean

_OF_CONFIG = frozenset(Config.__struct_fields__)


def changes(found: dict[str, Any]) -> Changes:
    """The fields by name; `never_fails` is a threshold of None."""
    if found.pop("never_fails", False):
        found["threshold"] = None
    return Changes(**found)


def made_of(found: dict[str, Any], notes: Sequence[str]) -> Config:
    own = {field: found.pop(field) for field in _OF_CONFIG & found.keys()}
    return Config(**own, changes=changes(found), notes=tuple(notes))


def unknown_codes(cell: Cell, codes: Collection[str]) -> Iterator[str]:
    """What to tell of those in a list that no rule has."""
    for each in cell.cells():
        if not is_known(values.text(each), codes):
            yield unknown_code(each, values.text(each), codes)


def unknown_code(cell: Cell, code: str, codes: Collection[str]) -> str:
    return f"{cell.place()}: {cell.key()}: there is no rule {code}{did_you_mean(code, codes)}"
