"""The layout of the driver `json-file`: Docker's (moby, daemon/logger/jsonfilelog), which many programs read.

    {"log":"a line\\n","stream":"stdout","attrs":{"key":"value"},"time":"2026-01-01T10:00:00.000000000Z"}

Bytes that are not UTF-8 become U+FFFD. A line of more than 16 KiB is in several, of which only the last ends with a
newline. There is no `attrs` unless it was asked for (--log-opt labels, env, tag).

Lines are escaped by the thousand, not one by one: newlines are what makes the records, so once all else is escaped each
one is replaced with the end of a record and the beginning of the next.
"""

from __future__ import annotations

import os
import time
from _json import encode_basestring as quote  # all of json that is needed: the package imports re

from onggi.linux.log.lines import LONGEST_LINE, before_letter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from onggi.linux.log.lines import Lines

SUFFIX = "-json.log"
PLAIN = bytes([ord("\n"), *(byte for byte in range(0x20, 0x100) if byte not in b'"\\')])
"""What JSON does not escape, and the newline."""
_BEGIN = b'{"log":"'
_CHUNK = 64 * 1024


class JsonLines:
    """A `size` is of the file so far, a `capacity` what it may have at most, but for a first line that is longer."""

    def __init__(self, options: dict[str, str]) -> None:
        self.path = os.path.basename(os.getcwd()) + SUFFIX
        self._attributes = f',"attrs":{options["attrs"]}' if "attrs" in options else ""

    def begin(self, time: int) -> bytes:
        """What a new file starts with."""
        return b""

    def go_on(self, file: int) -> int:
        """Where to go on in a file that is there: after its last whole line."""
        end = os.fstat(file).st_size
        while end:
            start = max(end - _CHUNK, 0)
            if newline := os.pread(file, end - start, start).rfind(b"\n") + 1:
                return start + newline
            end = start
        return 0

    def encode(self, lines: Lines, size: int, capacity: int) -> list[bytes | memoryview]:
        """The next bytes of the file, with as much of the lines as fits."""
        buffers: list[bytes | memoryview] = []
        end = f'","stream":"{lines.stream}"{self._attributes},"time":"{timestamp(lines.time)}"}}\n'.encode()
        between = rb"\n" + end + _BEGIN
        while lines.start < lines.end:
            stop = min(lines.end, lines.start + LONGEST_LINE)
            cut = lines.data.rfind(b"\n", lines.start, stop) + 1
            if cut:
                body = escape(lines.data[lines.start : cut - 1]).replace(b"\n", between)
                text = _BEGIN + body + rb"\n" + end
            else:
                cut = stop if stop == lines.end else before_letter(lines.data, stop)
                text = _BEGIN + escape(lines.data[lines.start : cut]) + end
            fitting = _fitting(text, capacity - size, is_first=not size)
            buffers.append(text[:fitting])
            size += fitting
            if fitting < len(text):
                for _ in range(text.count(b"\n", 0, fitting)):
                    lines.start = lines.data.index(b"\n", lines.start) + 1
                break
            lines.start = cut
        return buffers


def _fitting(text: bytes, room: int, is_first: bool) -> int:
    """How many bytes of it are the whole lines that fit."""
    if len(text) <= room:
        return len(text)
    end = text.rfind(b"\n", 0, max(room, 0)) + 1
    return end if end or not is_first else text.index(b"\n") + 1


def escape(data: bytes) -> bytes:
    """As it stands in a JSON string, in UTF-8; its newlines stay."""
    is_plain = not data.translate(None, PLAIN)
    if is_plain and _is_utf8(data):
        return data
    text = data.decode("utf-8", "replace")
    if not is_plain:
        # What stands for newlines meanwhile: a character that is not in it. No text from UTF-8 has a surrogate.
        newline = "\x7f" if text.isascii() and "\x7f" not in text else "\ud800"
        text = quote(text.replace("\n", newline))[1:-1].replace(newline, "\n")
    return text.encode()


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def timestamp(nanoseconds: int) -> str:
    """RFC 3339 with nanoseconds, UTC."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09}Z"
