"""A blob as something to read: where the connection breaks, it goes on from there."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from onggi.fetch.attempts import Attempts, Temporary
from onggi.oci.descriptor import Descriptor
from onggi.registry import blobs
from onggi.registry.blobs import Opened
from onggi.registry.chunks import without_first
from onggi.registry.driver import Driver
from onggi.registry.place import Place

_BUFFER = 1 << 18


def open_stream(
    driver: Driver,
    place: Place,
    descriptor: Descriptor,
    offset: int = 0,
    arrived: Callable[[int], object] = lambda count: None,
) -> io.BufferedReader:
    """A BlobStream with a buffer: the bytes from `offset` on, unchecked. Nothing is asked for before it is read."""
    return io.BufferedReader(BlobStream(driver, place, descriptor, offset, arrived), _BUFFER)


class BlobStream(io.RawIOBase):
    """The bytes from `offset` on, unchecked. Reading raises Unavailable when too many attempts in a row brought
    nothing, NotFound, Unauthorized, Abandoned. `arrived` is told of each number of bytes that came over the wire."""

    def __init__(
        self, driver: Driver, place: Place, descriptor: Descriptor, offset: int, arrived: Callable[[int], object]
    ) -> None:
        self._driver = driver
        self._place = place
        self._descriptor = descriptor
        self._position = offset
        self._arrived = arrived
        self._opened: Opened | None = None
        self._rest = memoryview(b"")
        what = f"{place.familiar_host}/{place.repository}@{descriptor.digest}"
        self._attempts = Attempts(what, driver.network, driver.cancel)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = memoryview(self._next())
        count = min(len(self._rest), len(buffer))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        if not self.closed:
            self._let_go()
        super().close()

    def _next(self) -> bytes:
        while True:
            try:
                return self._attempt()
            except Temporary as error:
                self._attempts.failed(error, self._position)

    def _attempt(self) -> bytes:
        try:
            if self._opened is None:
                self._opened = self._open()
            chunk = next(self._opened.chunks, b"")
            if not chunk and self._position < self._descriptor.size:
                raise Temporary(f"{self._place.host} ended before all had arrived")
        except BaseException:
            self._let_go()
            raise
        self._position += len(chunk)
        self._arrived(len(chunk))
        return chunk

    def _open(self) -> Opened:
        opened = self._driver.run(blobs.open_blob(self._place, self._descriptor, self._position))
        # A server may give no parts: what is known is passed over then.
        rest = without_first(self._position - opened.offset, opened.chunks)
        return Opened(rest, opened.close, self._position)

    def _let_go(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None
