"""What is said on a container's attach.sock: frames with Docker's 8-byte header, in both directions.

    kind (1 byte), three zero bytes, length of the payload (4 bytes, big endian), payload

Kinds 0, 1 and 2 are the streams, as in Docker's multiplexed attach; those from 16 on are our own.
"""

from __future__ import annotations

import marshal
from struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

STDIN, STDOUT, STDERR = STREAMS = 0, 1, 2
ATTACH = 16  # to the monitor: send me the output from here on; with ANSWERED or WITH_LOG, LOGGED comes first
CLOSE_STDIN = 17  # to the monitor: there is no more input
RESIZE = 18  # to the monitor: rows and columns of the terminal
SIGNAL = 19  # to the monitor: a signal number for PID 1; answered
DETACH = 20  # to the monitor: I go, the container's stdin stays open
TAKEN = 21  # to the monitor, after EXIT: I do what is to be done after the end (--rm)
STOP = 22  # to the monitor: as SIGNAL, and it shall not start again; a second number: do not remove it (--rm)
PAUSE = 23  # to the monitor; answered; with WHILE_WE_ARE_HERE it goes on when its client does
UNPAUSE = 24  # to the monitor; answered
EXEC = 25  # to the monitor, with stdin, stdout and stderr unless it has a terminal, and with the ends at which the
# latter two are read: a plan, marshalled; answered, with the terminal's master if it has one; EXIT follows when the
# program has ended
UPDATE = 26  # to the monitor: what changes of the plan and its options, marshalled; answered
RESIZE_EXEC = 28  # to the monitor: ID, rows and columns of the terminal of what EXEC has started, marshalled; answered
KEEP_STDIN = 27  # to the monitor: what I do not write to does not end when I go
ANSWER = 32  # from the monitor: "" or why a request failed, as in report.py
LOGGED = 35  # from the monitor, after ATTACH: the time (ns) of the log's end; the output follows, WITH_LOG with lines
# in front that are not whole yet and so in no log
INPUT = 34  # from the monitor, with a descriptor: the container's stdin, which may be written to in place of STDIN
EXIT = 33  # from the monitor: the exit code; nothing comes after it

WHILE_WE_ARE_HERE = b"1"
ANSWERED, WITH_LOG = b"1", b"2"

HEADER = Struct(">B3xL")
SIZE = Struct(">HH")
NUMBER = Struct(">L")
TWO_NUMBERS = Struct(">LL")
MOMENT = Struct(">Q")
LONGEST = 1 << 20  # of one frame; whoever sends more is not one of us


def frame(kind: int, payload: bytes = b"") -> bytes:
    return HEADER.pack(kind, len(payload)) + payload


def exec_size(id: str, rows: int, columns: int) -> bytes:
    """What RESIZE_EXEC carries."""
    return marshal.dumps((id, rows, columns))


class Parser:
    """Bytes in, frames out: those of the streams piece by piece, as they come, all others whole."""

    def __init__(self) -> None:
        self._pending = b""
        self._stream = STDIN
        self._missing = 0  # bytes of the stream's frame

    def feed(self, data: bytes | memoryview) -> Iterator[tuple[int, bytes | memoryview]]:
        """What is in `data`; pieces of streams are views of it. Raises ValueError for a frame that is too long."""
        if self._pending:
            data, self._pending = self._pending + bytes(data), b""
        view = memoryview(data)
        while view:
            if self._missing:
                piece, view = view[: self._missing], view[self._missing :]
                self._missing -= len(piece)
                yield self._stream, piece
                continue
            if len(view) < HEADER.size:
                break
            kind, length = HEADER.unpack_from(view)
            end = HEADER.size + length
            if length > LONGEST:
                raise ValueError(f"a frame of {length} bytes")
            if kind in STREAMS:
                self._stream, self._missing = kind, length
                view = view[HEADER.size :]
            elif end <= len(view):
                yield kind, bytes(view[HEADER.size : end])
                view = view[end:]
            else:
                break
        self._pending = bytes(view)
