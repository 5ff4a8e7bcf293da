"""The layout of the driver `local`: what the container wrote as it is, byte by byte, in records.

    length of the data (4 bytes), stream (1), three zero bytes, nanoseconds since the epoch (8), big endian; the data

The data is whole lines of one stream that came at one moment, or a piece of a line of more than 16 KiB, or a last line
without a newline. The first record of a file is its head: of no stream, with the number of the file in the log.

A block has 64 KiB. It begins with a record, and no record goes on in the next one; what does not fit leaves zeros
behind. So one can begin to read at any block: to find a moment in a large file, or the last lines of it.
"""

from __future__ import annotations

import os
from _struct import Struct

from onggi.linux.log.lines import LONGEST_LINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from onggi.linux.log.lines import Lines

NAME = "container.log"
BLOCK = 64 * 1024
HEADER = Struct(">IB3xQ")
HEAD, STDOUT, STDERR = range(3)
_NUMBERS = {"stdout": STDOUT, "stderr": STDERR}
_HEAD_TEXT = b"onggi log 1, file "
HEAD_SIZE = HEADER.size + len(_HEAD_TEXT) + 21  # twenty digits and a newline


class Blocks:
    """A `size` is of the file so far, a `capacity` what it may have at most, but for a first line that is longer."""

    def __init__(self, options: dict[str, str]) -> None:
        self.path = NAME
        self._number = 0

    def begin(self, time: int) -> bytes:
        """What a new file starts with."""
        self._number += 1
        data = _HEAD_TEXT + b"%020d\n" % self._number
        return HEADER.pack(len(data), HEAD, time) + data

    def go_on(self, file: int) -> int:
        """Where to go on in a file that is there: after its last whole record. 0 to begin anew."""
        self._number = file_number(os.pread(file, HEAD_SIZE, 0)) or self._number
        start = max(os.fstat(file).st_size - 1, 0) // BLOCK * BLOCK
        return start + whole(os.pread(file, BLOCK, start))

    def encode(self, lines: Lines, size: int, capacity: int) -> list[bytes | memoryview]:
        """The next bytes of the file, with as much of the lines as fits."""
        buffers: list[bytes | memoryview] = []
        view = memoryview(lines.data)
        while lines.start < lines.end:
            in_block, in_file = BLOCK - size % BLOCK, capacity - size
            cut = _cut(lines, min(in_block, in_file) - HEADER.size)
            if not cut and in_file < in_block:
                if size > HEAD_SIZE:
                    break
                cut = _cut_first(lines, in_block - HEADER.size)
            elif not cut and in_block - HEADER.size >= LONGEST_LINE:
                cut = lines.start + in_block - HEADER.size
            if cut:
                buffers += (HEADER.pack(cut - lines.start, _NUMBERS[lines.stream], lines.time), view[lines.start : cut])
                size += HEADER.size + cut - lines.start
                lines.start = cut
            else:
                buffers.append(bytes(in_block))
                size += in_block
        return buffers


def _cut(lines: Lines, room: int) -> int:
    """Where the whole lines end that fit; 0 if none does."""
    if lines.end - lines.start <= room:
        return lines.end
    return lines.data.rfind(b"\n", lines.start, lines.start + room) + 1 if room > 0 else 0


def _cut_first(lines: Lines, room: int) -> int:
    """Where the first line ends, or what fits of it."""
    end = min(lines.end, lines.start + room)
    return lines.data.find(b"\n", lines.start, end) + 1 or end


def file_number(head: bytes) -> int:
    """Of the file that begins so; 0 if it has no head yet."""
    start = HEADER.size + len(_HEAD_TEXT)
    digits = head[start : HEAD_SIZE - 1]
    return int(digits) if head[HEADER.size : start] == _HEAD_TEXT and digits.isdigit() else 0


def records(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Where the data of each whole record begins and ends, its stream, and its time. data[at:end] is a block, or what
    there is of it, from the beginning of a record on."""
    while at + HEADER.size <= end:
        length, stream, time = HEADER.unpack_from(data, at)
        at += HEADER.size
        if not length or stream > STDERR or at + length > end:
            return
        yield at, at + length, stream, time
        at += length


def whole(block: bytes) -> int:
    """How much of a block's beginning is whole records; all of it, if only zeros come after them."""
    last = max((end for _, end, _, _ in records(block, 0, len(block))), default=0)
    return BLOCK if len(block) == BLOCK and not any(block[last:]) else last
