"""Write a container's log: Docker's json-file lines."""

from __future__ import annotations

import os
import time
from _json import encode_basestring  # all of json that is needed: the package imports re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

quote = encode_basestring
LONGEST_LINE = 16 * 1024  # bytes; a longer one is split, and only its last part ends with a newline


def timestamp(nanoseconds: int) -> str:
    """RFC 3339 with nanoseconds, UTC."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09}Z"


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """The log lines in `data`, and the rest that has no newline yet."""
    *whole, rest = data.split(b"\n")
    lines = []
    for line in whole:
        if len(line) >= LONGEST_LINE:
            *parts, line = _parts(line)
            lines += parts
        lines.append(line + b"\n")
    if len(rest) >= LONGEST_LINE:
        *parts, rest = _parts(rest)
        lines += parts
    return lines, rest


def _parts(line: bytes) -> Iterator[bytes]:
    """Pieces of the longest length that cut no UTF-8 sequence; the last is shorter."""
    start = 0
    while len(line) - start >= LONGEST_LINE:
        end = start + LONGEST_LINE
        while end > start + LONGEST_LINE - 4 and end < len(line) and line[end] & 0xC0 == 0x80:
            end -= 1
        yield line[start:end]
        start = end
    yield line[start:]


class Journal:
    """The log file and the unfinished line of each stream."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        self._rest: dict[str, bytes] = {}

    def write(self, stream: str, data: bytes) -> None:
        """Log what the container wrote. Raises OSError when the disk is full."""
        lines, self._rest[stream] = split(self._rest.get(stream, b"") + data)
        self._append(stream, lines)

    def close(self) -> None:
        """Log the unfinished lines too."""
        try:
            for stream, rest in self._rest.items():
                if rest:
                    self._append(stream, [rest])
        finally:
            os.close(self._file)

    def _append(self, stream: str, lines: list[bytes]) -> None:
        if lines:
            end = f',"stream":"{stream}","time":"{timestamp(time.time_ns())}"}}\n'
            text = "".join([f'{{"log":{quote(line.decode("utf-8", "replace"))}{end}' for line in lines])
            rest = memoryview(text.encode())
            while rest:
                rest = rest[os.write(self._file, rest) :]
