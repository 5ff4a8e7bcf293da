"""Values as settings have them. Each raises Invalid, with place and key, for another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from onggi.configuration.document import Cell
from onggi.suggest import did_you_mean

_Found = TypeVar("_Found")


def text(cell: Cell) -> str:
    if not isinstance(cell.value, str) or not cell.value.strip():
        raise cell.wrong("a text")
    return cell.value.strip()


def texts(cell: Cell) -> tuple[str, ...]:
    return tuple(text(each) for each in cell.cells())


def flag(cell: Cell) -> bool:
    if not isinstance(cell.value, bool):
        raise cell.wrong("true or false")
    return cell.value


def one_of(cell: Cell, options: Mapping[str, _Found]) -> _Found:
    if isinstance(cell.value, str) and cell.value in options:
        return options[cell.value]
    *others, last = options
    meant = did_you_mean(cell.value, options) if isinstance(cell.value, str) else ""
    raise cell.wrong(f"{', '.join(others)} or {last}", meant)
