"""Docker's column layout: upper-case headers, cells padded to the widest plus three spaces (Go's text/tabwriter)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

_LEAST_WIDTH = 10
_PADDING = 3
_GAP = "  "
_NARROWEST = 6
"""What is left of a column that is cut."""
_NO_BREAK = "\N{NO-BREAK SPACE}"
_AMOUNT = re.compile(r"(?<=\d) (?=m?s\b|[kMGT]?B\b|bytes\b)")
"""The space between a number and its unit."""
_WIDE = frozenset("WF")
_CONTROLS = {code: " " for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}


Cut = Callable[[str, int], str]
"""A text, and to how many columns it is to be cut."""


def layout(
    lines: Iterable[Sequence[str]],
    columns: int | None = None,
    cuts: Mapping[int, Cut] = {},
    *,
    spares: Sequence[int] = (),
    least: int = _LEAST_WIDTH,
) -> str:
    """The lines with their cells aligned, each ended by a newline. The last cell of a line is not padded, others are
    `least` columns wide.

    A table that is wider than a terminal of `columns` is set closer: what is empty beneath its header is left out, and
    the cells of the columns in `cuts` are cut, those of the widest first. Where that is not enough, columns of `spares`
    are left out, in their order.
    """
    grid = [[printable(cell) for cell in line] for line in lines]
    text = _spacious(grid, least)
    if columns is None or all(width(line) <= columns for line in text.splitlines()):
        return text
    return _close(grid, columns, cuts, spares)


def _spacious(grid: Sequence[Sequence[str]], least: int) -> str:
    widths: list[int] = []
    for line in grid:
        for index, cell in enumerate(line[:-1]):
            if index == len(widths):
                widths.append(least)
            widths[index] = max(widths[index], width(cell) + _PADDING)
    return "".join(_align(line, widths) + "\n" for line in grid)


def _close(grid: Sequence[Sequence[str]], columns: int, cuts: Mapping[int, Cut], spares: Sequence[int]) -> str:
    said = [index for index in range(len(grid[0])) if len(grid) == 1 or any(line[index] for line in grid[1:])]
    widths = {index: max(width(line[index]) for line in grid) for index in said}
    least = {index: min(of, _NARROWEST) if index in cuts else of for index, of in widths.items()}
    for index in spares:
        if sum(least.values()) > _room(columns, least) and index in widths:
            del widths[index], least[index]
    while sum(widths.values()) > _room(columns, widths) and widths != least:
        widest = max((index for index in widths if widths[index] > least[index]), key=widths.__getitem__)
        widths[widest] -= 1
    rows = ([_cell(line[index], of, cuts.get(index, _whole)) for index, of in widths.items()] for line in grid)
    return "".join(_GAP.join(cells).rstrip() + "\n" for cells in rows)


def _room(columns: int, shown: Collection[int]) -> int:
    """What the gaps between the columns leave."""
    return columns - len(_GAP) * (len(shown) - 1)


def _cell(text: str, columns: int, cut: Cut) -> str:
    shown = cut(text, columns)
    return shown + " " * (columns - width(shown))


def _whole(text: str, most: int) -> str:
    return text


def cut(text: str, most: int) -> str:
    """The beginning of `text` in at most `most` columns, an ellipsis at its end if something was cut."""
    if width(text) <= most:
        return text
    while width(text) > most - 1:
        text = text[:-1]
    return f"{text}…"


def cut_left(text: str, most: int) -> str:
    """As `cut`, but its end: of a path, the part that tells."""
    return cut(text[::-1], most)[::-1]


def wrap(text: str, columns: int | None, hang: int) -> list[str]:
    """A line as several of at most `columns`, broken between words; all but the first are indented by `hang`."""
    if columns is None or width(text) <= columns:
        return [text]
    import textwrap  # late: what is printed to a pipe has lines of any length

    glued = _AMOUNT.sub(_NO_BREAK, text)
    indent = " " * hang
    lines = textwrap.wrap(glued, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return [line.replace(_NO_BREAK, " ") for line in lines]


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
