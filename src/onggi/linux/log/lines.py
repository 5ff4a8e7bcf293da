"""What a container wrote, on its way into its log."""

from __future__ import annotations

LONGEST_LINE = 16 * 1024
"""Bytes, with the newline; a longer line is logged in pieces, of which only the last has one."""


class Lines:
    """Whole lines of one stream, or pieces of a long one: data[start:end], which came at `time`, in nanoseconds since
    the epoch. Whoever has written some of it moves `start`."""

    __slots__ = ("data", "end", "start", "stream", "time")

    def __init__(self, stream: str, time: int, data: bytes, start: int, end: int) -> None:
        self.stream = stream
        self.time = time
        self.data = data
        self.start = start
        self.end = end


def before_letter(data: bytes, end: int) -> int:
    """`end`, or up to three bytes less, so that no letter (UTF-8) is cut in two."""
    cut = end
    while cut < len(data) and data[cut] & 0xC0 == 0x80 and cut > end - 3:
        cut -= 1
    return cut
