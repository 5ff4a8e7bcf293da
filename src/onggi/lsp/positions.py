"""Spans, which count lines and characters from 1, and ranges of an editor, which count from 0, within a line in code
units of the encoding that both agreed on."""

from __future__ import annotations

from collections.abc import Mapping

from lsprotocol.types import Position, Range

from onggi.dockerfile.source import Span

_CODECS: Mapping[str, tuple[str, int]] = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
"""By the protocol's names: Python's codec, and how many of its bytes are one unit."""


class Positions:
    """Those of one text. Lines end at line feeds alone, as those of a Dockerfile do; a byte order mark is a character
    for the editor and none for a span."""

    def __init__(self, text: str, encoding: str) -> None:
        self._lines = text.split("\n")
        self._mark = len(text) - len(text.removeprefix("\ufeff"))
        self._codec, self._width = _CODECS[encoding]

    def range(self, span: Span) -> Range:
        return Range(self._position(span.line, span.column), self._position(span.end_line, span.end_column))

    def span(self, range: Range) -> Span:
        begin, end = self.place(range.start), self.place(range.end)
        return Span(*begin, *end)

    def place(self, position: Position) -> tuple[int, int]:
        """Line and column; what is behind the end of a line or of the text is at its end."""
        if position.line >= len(self._lines):
            return len(self._lines), len(self._lines[-1]) + 1
        line = self._lines[position.line].rstrip("\r")
        units = line.encode(self._codec, "surrogatepass")[: position.character * self._width]
        column = len(units.decode(self._codec, "ignore"))
        return position.line + 1, max(0, column - self._shift(position.line)) + 1

    def _position(self, line: int, column: int) -> Position:
        if line > len(self._lines):
            line, column = len(self._lines), len(self._lines[-1]) + 1
        before = self._lines[line - 1][: column - 1 + self._shift(line - 1)]
        return Position(line - 1, len(before.encode(self._codec, "surrogatepass")) // self._width)

    def _shift(self, index: int) -> int:
        return self._mark if index == 0 else 0
