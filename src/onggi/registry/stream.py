"""A blob as something to read: where the connection breaks, it goes on from there."""

from __future__ import annotations

import io
from collections.abc import Callable, Generator
from contextlib import closing

from onggi.fetch.attempts import Attempts, Temporary
from onggi.oci.descriptor import Descriptor
from onggi.reader import Reader
from onggi.registry import blobs
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
    """The bytes from `offset` on, unchecked. Nothing is asked for before it is read. `arrived` is told of each number
    of bytes that came over the wire.

    Reading raises Unavailable when too many attempts in a row brought nothing, NotFound, Unauthorized, Abandoned.
    """
    return io.BufferedReader(Reader(_chunks(driver, place, descriptor, offset, arrived)), _BUFFER)


def _chunks(
    driver: Driver, place: Place, descriptor: Descriptor, position: int, arrived: Callable[[int], object]
) -> Generator[bytes, None, None]:
    what = f"{place.familiar_host}/{place.repository}@{descriptor.digest}"
    attempts = Attempts(what, driver.network, driver.cancel)
    while True:
        try:
            with closing(driver.run(blobs.open_blob(place, descriptor, position))) as opened:
                # A server may give no parts: what is known is passed over then.
                for chunk in without_first(position - opened.offset, opened.chunks):
                    position += len(chunk)
                    arrived(len(chunk))
                    yield chunk
            if position >= descriptor.size:
                return
            raise Temporary(f"{place.host} ended before all had arrived")
        except Temporary as error:
            attempts.failed(error, position)
