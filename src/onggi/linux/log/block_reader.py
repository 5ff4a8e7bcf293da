"""Read a file of the driver `local`; see blocks.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from onggi.linux.log.blocks import BLOCK, HEAD, HEAD_SIZE, HEADER, STDERR, STDOUT, file_number, records, whole
from onggi.linux.log.record import Reader, Record, Stream, Tell

CHUNK = 16 * BLOCK
_NEWLINE = ord("\n")
_STREAMS: dict[int, Stream] = {STDOUT: "stdout", STDERR: "stderr"}


class BlockReader:
    def __init__(self, file: int, path: str, joined: bool, tell: Tell) -> None:
        self._file = file
        self._path = path
        self._alike = itemgetter(2) if joined else itemgetter(2, 3)
        self._tell = tell
        self._position = 0
        self._skip = 0  # bytes of the data of the first record

    def since(self, time: int) -> None:
        first, last = 0, len(self._starts())
        while last - first > 1:  # `first` begins before that time, `last` does not
            middle = (first + last) // 2
            header = os.pread(self._file, HEADER.size, middle * BLOCK)
            if len(header) == HEADER.size and HEADER.unpack(header)[2] < time:
                first = middle
            else:
                last = middle
        if first * BLOCK > self._position:
            self._position, self._skip = first * BLOCK, 0

    def tail(self, count: int) -> int:
        missing = count
        for start in reversed(self._starts()):
            block = os.pread(self._file, BLOCK, start)
            if not missing:
                self._position = start + whole(block)
                break
            for begin, end, stream, _ in reversed(list(records(block, 0, len(block)))):
                if stream == HEAD:
                    continue
                lines = block.count(b"\n", begin, end) + (block[end - 1] != _NEWLINE)
                if lines >= missing:
                    self._position = start + begin - HEADER.size
                    self._skip = _after(block, begin, lines - missing) - begin
                    return count
                missing -= lines
        return count - missing

    def read(self) -> Iterator[Record]:
        while data := os.pread(self._file, CHUNK - self._position % BLOCK, self._position):
            at = 0
            while at < len(data):
                stop = at + BLOCK - (self._position + at) % BLOCK
                for _, several in groupby(records(data, at, min(stop, len(data))), self._alike):
                    spans = list(several)
                    _, at, stream, _ = spans[-1]
                    if stream != HEAD:
                        log = b"".join([data[begin:end] for begin, end, _, _ in spans])[self._skip :]
                        self._skip = 0
                        yield Record(log, _STREAMS[stream], spans[0][3])
                if stop > len(data):  # so far
                    break
                if any(data[at:stop]):
                    self._tell(f"{self._path} is damaged: {stop - at} bytes at {self._position + at} are left out")
                at = stop
            self._position += at
            if at < len(data):
                return

    def start(self) -> bytes:
        return os.pread(self._file, HEAD_SIZE, 0)

    def follows(self, earlier: Reader) -> bool:
        return file_number(self.start()) == file_number(earlier.start()) + 1

    def _starts(self) -> range:
        """Of the blocks."""
        return range(0, os.fstat(self._file).st_size, BLOCK)


def _after(data: bytes, at: int, lines: int) -> int:
    """Where so many lines from `at` on end."""
    for _ in range(lines):
        at = data.index(b"\n", at) + 1
    return at
