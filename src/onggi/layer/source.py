"""The bytes of a tar that is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from onggi.errors import Corrupt, Invalid
from onggi.layer.stream_hash import CHUNK


class Readable(Protocol):
    def read(self, size: int, /) -> bytes:
        """Some bytes, none at the end."""


class Source:
    """Cut to measure and counted; `update` gets all that is read, to hash it. `name` is what is being read, for the
    message if it ends."""

    def __init__(self, stream: Readable, update: Callable[[bytes], object] | None = None, limit: int | None = None):
        self.name = "the tar"
        self._stream = stream
        self._update = update
        self._limit = limit
        self._size = 0
        self._buffer = b""
        self._at = 0

    @property
    def position(self) -> int:
        """Bytes taken so far."""
        return self._size - len(self._buffer) + self._at

    def look(self, size: int) -> bytes:
        """The next `size` bytes, or fewer where the stream ends, without taking them."""
        while len(self._buffer) - self._at < size:
            seen = self._buffer[self._at :]
            self._at = 0
            if not self._fill():
                self._buffer = seen
                break
            self._buffer = seen + self._buffer
        return self._buffer[self._at : self._at + size]

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes; raises Corrupt if the stream ends before."""
        end = self._at + size
        if end <= len(self._buffer):
            piece = self._buffer[self._at : end]
            self._at = end
            return piece
        return b"".join(self.pieces(size))

    def pieces(self, size: int) -> Iterator[bytes]:
        """As `take`, in pieces of at most CHUNK bytes."""
        while size:
            if self._at == len(self._buffer) and not self._fill():
                raise Corrupt(f"the tar ends in the middle of {self.name}", hint="it may have been cut short")
            piece = self._buffer[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            yield piece

    def skip(self, size: int) -> None:
        for _ in self.pieces(size):
            pass

    def skip_padding(self, size: int) -> None:
        """As `skip`, or to the end."""
        self.take(len(self.look(size)))

    def drain(self) -> None:
        """Reads what follows the end mark: it belongs to the digest."""
        while self._fill():
            pass

    def _fill(self) -> bool:
        if self._limit is not None and self._size > self._limit:
            raise Invalid(f"{self.name}: the tar is longer than the limit of {self._limit} bytes")
        self._buffer = self._stream.read(CHUNK)
        self._at = 0
        self._size += len(self._buffer)
        if self._update is not None:
            self._update(self._buffer)
        return bool(self._buffer)
