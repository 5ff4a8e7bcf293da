"""The last of what a step wrote, for the case that it fails."""

from __future__ import annotations

from collections import deque

KEPT = 16 * 1024
"""Bytes of each stream that are at hand at least, if it wrote as many."""
_STDERR = 2


class Tail:
    """Each stream has room of its own: no amount of output pushes an error out."""

    def __init__(self) -> None:
        self._count = 0
        self._pieces: dict[int, deque[tuple[int, bytes]]] = {}
        self._sizes: dict[int, int] = {}

    def write(self, stream: int, data: bytes) -> None:
        data = data[-KEPT:]
        self._count += 1
        pieces = self._pieces.setdefault(stream, deque())
        pieces.append((self._count, data))
        size = self._sizes.get(stream, 0) + len(data)
        while size - len(pieces[0][1]) >= KEPT:
            size -= len(pieces.popleft()[1])
        self._sizes[stream] = size

    def lines(self, most: int) -> tuple[str, ...]:
        """The last lines, in the order in which they were written; half of them are stderr's, if it wrote as many."""
        known = sorted((number, stream, line) for stream in self._pieces for number, line in self._lines(stream))
        errors = [index for index, (_, stream, _) in enumerate(known) if stream == _STDERR][-(most // 2) :]
        others = sorted(set(range(len(known))).difference(errors))[len(errors) - most :]
        return tuple(known[index][2] for index in sorted((*errors, *others)))

    def _lines(self, stream: int) -> list[tuple[tuple[int, int], str]]:
        """The stream's lines, each with its place: the piece that it ended in, and how many ended there before it."""
        found: list[tuple[tuple[int, int], str]] = []
        rest, number = b"", 0
        for number, data in self._pieces[stream]:
            lines = (rest + data).splitlines(keepends=True)
            rest = lines.pop() if not lines[-1].endswith(b"\n") else b""
            found.extend(((number, place), _text(line)) for place, line in enumerate(lines))
        return [*found, ((number, len(found)), _text(rest))] if rest else found


def _text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip("\r\n")
