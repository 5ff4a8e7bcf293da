"""A configuration file that was read: values, and the line that each stands in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, TypeAlias

import msgspec

from onggi.errors import Invalid

Path: TypeAlias = tuple[str | int, ...]
"""How one gets from the whole document to a value: keys of tables and indexes of lists."""

_KINDS: dict[type, str] = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list"}


class Lines(Protocol):
    def line(self, path: Path, text: str) -> int:
        """Where the value, or the key that it is of, stands; 1-based. `text` is what can be seen of it."""
        ...


class Cell(msgspec.Struct, frozen=True):
    """A value, and where it is: `name` is the file's."""

    name: str
    lines: Lines
    value: Any
    path: Path = ()

    def place(self) -> str:
        last = self.path[-1] if self.path else ""
        return f"{self.name}:{self.lines.line(self.path, str(self.value if isinstance(last, int) else last))}"

    def key(self) -> str:
        """`lint.overrides[0].paths`; a name with anything but letters, digits and dashes is quoted."""
        return "".join(map(_step, self.path)).removeprefix(".")

    def wrong(self, expected: str, meant: str = "") -> Invalid:
        """`onggi.toml:3: lint.threshold: expected error or warning, not 'eror'; did you mean error?`"""
        shown = repr(self.value) if isinstance(self.value, str) and len(self.value) < 80 else _kind(self.value)
        return self.fault(f"expected {expected}, not {shown}{meant}")

    def fault(self, why: str, hint: str = "") -> Invalid:
        """`onggi.toml:3: lint.overrides[0]: the key paths is missing`"""
        key = self.key()
        return Invalid(f"{self.place()}: {key + ': ' if key else ''}{why}", hint=hint)

    def cells(self) -> Iterator[Cell]:
        """Those of a list. Raises Invalid for anything else."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        for index, value in enumerate(self.value):
            yield Cell(self.name, self.lines, value, (*self.path, index))

    def pairs(self) -> Iterator[tuple[str, Cell]]:
        """Those of a table. Raises Invalid for anything else, or where a key is no text."""
        if not isinstance(self.value, dict):
            raise self.wrong("a table" if self.path else "keys with values")
        for key, value in self.value.items():
            if not isinstance(key, str):
                raise self.wrong(f"keys that are texts, but {key!r} is there")
            yield key, Cell(self.name, self.lines, value, (*self.path, key))


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    return next((name for kind, name in _KINDS.items() if isinstance(value, kind)), "a table")


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part if part.replace('-', '').replace('_', '').isalnum() else repr(part)}"
