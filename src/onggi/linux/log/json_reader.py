"""Read a file of the driver `json-file`; see json_lines.py."""

from __future__ import annotations

import os
from calendar import timegm
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from time import strptime

import msgspec

from onggi.amounts import counted
from onggi.linux.log.record import Reader, Record, Stream, Tell

CHUNK = 1 << 20
NEAR = 1 << 18  # bytes that hold several lines, however long they are


class Line(msgspec.Struct, frozen=True, gc=False):
    stream: Stream
    time: str
    log: str = ""


_decoder = msgspec.json.Decoder(Line)


class JsonReader:
    def __init__(self, file: int, path: str, joined: bool, tell: Tell) -> None:
        self._file = file
        self._path = path
        self._alike = attrgetter("stream") if joined else attrgetter("stream", "time")
        self._tell = tell
        self._position = 0

    def since(self, time: int) -> None:
        first, last = 0, os.fstat(self._file).st_size
        while last - first > NEAR:  # what comes before `first` is of an earlier time, what comes from `last` on is not
            middle = (first + last) // 2
            begin, found = self._next(middle)
            if found is not None and found < time:
                first = begin
            else:
                last = middle
        self._position = max(self._position, first)

    def _next(self, start: int) -> tuple[int, int | None]:
        """Where the next record after `start` begins, and its time; None if there is none near."""
        data = os.pread(self._file, NEAR, start)
        at = data.find(b"\n") + 1
        while end := data.find(b"\n", at) + 1:
            try:
                return start + at, nanoseconds(_decoder.decode(data[at:end]).time)
            except (msgspec.DecodeError, ValueError):
                at = end
        return start, None

    def tail(self, count: int) -> int:
        missing = count + 1  # newlines: the one before those lines too
        for start in reversed(range(0, os.fstat(self._file).st_size, CHUNK)):
            chunk = os.pread(self._file, CHUNK, start)
            found = chunk.count(b"\n")
            if found >= missing:
                cut = len(chunk)
                for _ in range(missing):
                    cut = chunk.rindex(b"\n", 0, cut)
                self._position = start + cut + 1
                return count
            missing -= found
        return count + 1 - missing

    def read(self) -> Iterator[Record]:
        while data := os.pread(self._file, CHUNK, self._position):
            end = data.rfind(b"\n") + 1
            if not end and len(data) < CHUNK:  # so far
                return
            self._position += end or len(data)
            yield from self._records(data[:end] or data)

    def _records(self, data: bytes) -> list[Record]:
        try:
            return self._join(_decoder.decode_lines(data))
        except (msgspec.DecodeError, ValueError):
            return self._join(self._readable(data))

    def _join(self, lines: Iterable[Line]) -> list[Record]:
        """Those that follow each other and are alike make one record. Raises ValueError for a time that is none."""
        return [
            Record("".join([line.log for line in group]).encode(), group[0].stream, nanoseconds(group[0].time))
            for group in [list(several) for _, several in groupby(lines, self._alike)]
        ]

    def _readable(self, data: bytes) -> Iterator[Line]:
        """Those that are records; tells how many are not."""
        damaged = 0
        for text in data.splitlines():
            try:
                line = _decoder.decode(text)
                nanoseconds(line.time)
            except (msgspec.DecodeError, ValueError):
                damaged += 1
            else:
                yield line
        self._tell(f"{self._path} is damaged: {counted(damaged, 'line')} before byte {self._position} left out")

    def start(self) -> bytes:
        data = os.pread(self._file, NEAR, 0)
        return data[: data.find(b"\n") + 1]

    def follows(self, earlier: Reader) -> bool:
        return False  # nothing in it says so


def nanoseconds(text: str) -> int:
    """Of RFC 3339, UTC. Raises ValueError."""
    fraction = text[20:].rstrip("Z").ljust(9, "0")
    return _seconds(text[:19]) * 1_000_000_000 + int(fraction)


@lru_cache(16)
def _seconds(text: str) -> int:
    return timegm(strptime(text, "%Y-%m-%dT%H:%M:%S"))
