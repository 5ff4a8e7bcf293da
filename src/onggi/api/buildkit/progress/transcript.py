"""What was said, in order, for as many as ask, each from the beginning: a little of it in memory, much on disk."""

from __future__ import annotations

import struct
import threading
import weakref
from collections.abc import Callable, Iterator
from tempfile import SpooledTemporaryFile

_IN_MEMORY = 1 << 18
_SIZE = struct.Struct(">I")


class Transcript:
    """One side adds until it ends. What is on disk goes when nobody has it any more, and nobody reads it."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 — closed with what it is of
        weakref.finalize(self, self._file.close)
        self._changed = threading.Condition()
        self._length = 0
        self._has_ended = False

    def add(self, message: bytes) -> None:
        """Nothing, after the end."""
        with self._changed:
            if self._has_ended:
                return
            self._file.seek(self._length)
            self._file.write(_SIZE.pack(len(message)) + message)
            self._length = self._file.tell()
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def look(self) -> None:
        """Whether readers are still there."""
        with self._changed:
            self._changed.notify_all()

    def follow(self, has_gone: Callable[[], bool] = lambda: False) -> Iterator[bytes]:
        """All that is said, up to the end. has_gone: of the reader; it is asked at each `look`."""
        place = 0
        while (message := self._next(place, has_gone)) is not None:
            yield message
            place += _SIZE.size + len(message)

    def _next(self, place: int, has_gone: Callable[[], bool]) -> bytes | None:
        with self._changed:
            self._changed.wait_for(lambda: self._length > place or self._has_ended or has_gone())
            if self._length <= place:
                return None
            self._file.seek(place)
            (size,) = _SIZE.unpack(self._file.read(_SIZE.size))
            return self._file.read(size)
