"""The Dockerfile's lines around a step that failed."""

from __future__ import annotations

from collections.abc import Iterator

from onggi.cli.table import shorten
from onggi.dockerfile.source import Source

_AROUND = 2
_LONGEST_INSTRUCTION = 8
_LONGEST_LINE = 200


class Listing:
    """The text of a Dockerfile and the name that people know it by."""

    def __init__(self, name: str, text: str) -> None:
        lines = Source.of(text).lines  # as the parser counts them: a form feed begins no line
        self.name = name
        self._lines = lines if lines[-1] else lines[:-1]

    def around(self, line: int) -> Iterator[str]:
        """`Dockerfile:14` and the lines about the instruction that begins there, `>` before its own. Nothing for a line
        that the text does not have."""
        if not 1 <= line <= len(self._lines):
            return
        last = line
        while self._continues(last) and last - line < _LONGEST_INSTRUCTION:
            last += 1
        yield f"{self.name}:{line}"
        end = min(last + _AROUND, len(self._lines))
        for number in range(max(line - _AROUND, 1), end + 1):
            mark = ">" if line <= number <= last else " "
            yield f"{mark} {number:{len(str(end))}} | {shorten(self._lines[number - 1], _LONGEST_LINE)}".rstrip()

    def _continues(self, line: int) -> bool:
        return line < len(self._lines) and self._lines[line - 1].rstrip().endswith("\\")
