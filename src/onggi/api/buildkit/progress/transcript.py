"""What was said, in order, for as many as ask, each from the beginning: a little of it in memory, much on disk."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile

_IN_MEMORY = 1 << 18
_SIZE = struct.Struct(">I")


class Transcript:
    """One side adds until it ends; what is on disk goes when that has happened and the last reader is through."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 — closed by `_close`
        self._changed = threading.Condition()
        self._length = 0
        self._readers = 0
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
            self._close()

    def look(self) -> None:
        """Whether readers are still there."""
        with self._changed:
            self._changed.notify_all()

    def follow(self, has_gone: Callable[[], bool] = lambda: False) -> Iterator[bytes]:
        """All that is said, up to the end; nothing where nobody read when that came. has_gone: of the reader; it is
        asked at each `look`."""
        place = 0
        with self._reading():
            while (message := self._next(place, has_gone)) is not None:
                yield message
                place += _SIZE.size + len(message)

    def _next(self, place: int, has_gone: Callable[[], bool]) -> bytes | None:
        with self._changed:
            self._changed.wait_for(lambda: self._length > place or self._has_ended or has_gone())
            if self._file.closed or self._length <= place:
                return None
            self._file.seek(place)
            (size,) = _SIZE.unpack(self._file.read(_SIZE.size))
            return self._file.read(size)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._changed:
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._close()

    def _close(self) -> None:
        if self._has_ended and not self._readers:
            self._file.close()
