"""TOML as a document that knows its lines, which tomllib does not tell."""

from __future__ import annotations

import re
import tomllib
from collections import Counter

from onggi.configuration.document import Cell, Path
from onggi.errors import Invalid

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_TABLE = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_DOTTED})[ \t]*\]\]?[ \t]*(?:#.*)?")
_VALUE = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=")
_PLACE = re.compile(r"(.*) \((?:at line (\d+), column (\d+)|at end of document)\)")


def document(text: str, name: str) -> Cell:
    """Raises Invalid, with the line, for what is no TOML."""
    try:
        values = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise _wrong(error, text, name) from error
    except RecursionError as error:
        raise Invalid(f"{name} is nested too deeply") from error
    return Cell(name, _TextLines(text), values)


def _wrong(error: tomllib.TOMLDecodeError, text: str, name: str) -> Invalid:
    match = _PLACE.fullmatch(str(error))
    if match is None:
        return Invalid(f"{name}: {error}")
    place = f"{match[2]}:{match[3]}" if match[2] else str(text.count("\n") + 1)
    return Invalid(f"{name}:{place}: {match[1][:1].lower()}{match[1][1:]}")


class _TextLines:
    """Found by looking at the text: tables and keys begin lines."""

    def __init__(self, text: str) -> None:
        self._text = text.split("\n")
        self._known: dict[Path, int] = {(): 1}
        numbers: Counter[Path] = Counter()
        table: Path = ()
        for number, line in enumerate(self._text, 1):
            if match := _TABLE.fullmatch(line.rstrip("\r")):
                table = _parts(match[2])
                if match[1] == "[[":
                    numbers[table] += 1
                    self._known.setdefault(table, number)
                    table = (*table, numbers[table] - 1)
                self._known.setdefault(table, number)
            elif match := _VALUE.match(line):
                keys = _parts(match[1])
                for length in range(1, len(keys) + 1):
                    self._known.setdefault((*table, *keys[:length]), number)

    def line(self, path: Path, text: str) -> int:
        known = path
        while known not in self._known:
            known = known[:-1]
        first = self._known[known]
        if known == path:
            return first
        # A key of an inline table, or an item of a list that goes over lines.
        last = min((line for line in self._known.values() if line > first), default=len(self._text) + 1)
        return next((number for number in range(first, last) if text in self._text[number - 1]), first)


def _parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in re.findall(_KEY, dotted))
