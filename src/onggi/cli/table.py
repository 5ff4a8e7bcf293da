"""Docker's column layout: upper-case headers, cells padded to the widest plus three spaces (Go's text/tabwriter)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

_LEAST_WIDTH = 10
_PADDING = 3
_WIDE = frozenset("WF")
_CONTROLS = {code: " " for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}


def layout(lines: Iterable[Sequence[str]]) -> str:
    """The lines with their cells aligned, each ended by a newline. The last cell of a line is not padded."""
    grid = [[printable(cell) for cell in line] for line in lines]
    widths: list[int] = []
    for line in grid:
        for index, cell in enumerate(line[:-1]):
            if index == len(widths):
                widths.append(_LEAST_WIDTH)
            widths[index] = max(widths[index], width(cell) + _PADDING)
    return "".join(_align(line, widths) + "\n" for line in grid)


def _align(line: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (widths[index] - width(cell)) for index, cell in enumerate(line[:-1]))
    return "".join(padded) + (line[-1] if line else "")


def width(text: str) -> int:
    """Columns on a terminal: Korean and other wide letters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def printable(text: str) -> str:
    """`text` with every control character as a space: names and commands of strangers must not move the cursor."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def harmless(text: str) -> str:
    """`text` of several lines that may quote strangers: as `printable`, but lines, tabs and unknown letters stay."""
    return text.translate(_CONTROLS)


def shorten(text: str, most: int) -> str:
    """At most `most` characters, the last an ellipsis if something was cut."""
    return text if len(text) <= most else text[: most - 1] + "…"
