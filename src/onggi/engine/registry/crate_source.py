"""The bytes of a layer on its way to a registry."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor
from contextlib import closing
from functools import partial

from onggi.engine.registry.cargo import Crate
from onggi.errors import Corrupt
from onggi.layer.compress import Write
from onggi.layer.compression import Squeeze
from onggi.layer.squeeze import squeezed
from onggi.oci import digest as digests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.registry.chunks import without_first

_CHUNK = 1 << 20

_TOO_EARLY = 10
"""Until this part of a layer was squeezed nothing is said of what the whole will be: a tenth."""

Moved = Callable[[int, int, bool], object]
"""Is told how many bytes went out, how many there are (0 where one cannot say), and whether that is an estimate."""


class CrateSource:
    """The bytes of one (registry.push.Source). To be closed."""

    def __init__(self, crate: Crate, squeeze: Squeeze, pool: Executor, pieces: int, moved: Moved) -> None:
        self.descriptor: Descriptor | None = None
        self._layer = crate.layer
        self._squeeze = squeeze
        self._is_kept = crate.is_kept
        self._moved = moved
        self._packed = 0
        self._making: Generator[bytes, None, None] | None = None
        self._make: Callable[[], Generator[bytes, None, None]] = (
            self._as_it_is
            if crate.is_kept
            else partial(squeezed, self._copy, squeeze.compression, squeeze.level, pool, pieces)
        )

    @property
    def size(self) -> int | None:
        """In bytes, where it is known: of what goes out as it is, and of what was squeezed once."""
        if self._is_kept:
            return self._layer.descriptor.size
        return None if self.descriptor is None else self.descriptor.size

    def chunks(self, skip: int) -> Iterator[bytes]:
        """Raises Corrupt where the store's bytes are not what they were."""
        self.close()
        self._packed = 0
        self._making = self._make()
        return self._told(without_first(skip, self._seen(self._making)), skip)

    def made(self) -> Descriptor:
        """What it is, once all chunks were made."""
        assert self.descriptor is not None
        return self.descriptor

    def close(self) -> None:
        if self._making is not None:
            self._making.close()

    def _seen(self, making: Iterator[bytes]) -> Iterator[bytes]:
        state, size = hashlib.sha256(), 0
        for chunk in making:
            state.update(chunk)
            size += len(chunk)
            yield chunk
        self.descriptor = self._describe(digests.of_hash(state), size)

    def _told(self, chunks: Iterator[bytes], done: int) -> Iterator[bytes]:
        for chunk in chunks:
            yield chunk
            done += len(chunk)
            self._moved(done, *self._expected(done))

    def _describe(self, digest: Digest, size: int) -> Descriptor:
        if not self._is_kept:
            return Descriptor(mediatype.OCI_LAYER_FOR[self._squeeze.compression], digest, size)
        expected = self._layer.descriptor
        if (digest, size) != (expected.digest, expected.size):
            raise Corrupt(
                f"the blob {expected.digest} of the store was changed: it is {digest}",
                hint="run onggi system check --deep",
            )
        return expected

    def _expected(self, done: int) -> tuple[int, bool]:
        """How many bytes there will be, and whether that is an estimate: that the rest can be squeezed as well as what
        was squeezed."""
        if self.size is not None:
            return self.size, False
        unpacked = self._layer.size
        if self._packed * _TOO_EARLY < unpacked:
            return 0, False
        return max(done, done * unpacked // max(self._packed, 1)), True

    def _copy(self, write: Write) -> None:
        def count(data: bytes) -> None:
            self._packed += len(data)
            write(data)

        self._layer.copy(count)

    def _as_it_is(self) -> Generator[bytes, None, None]:
        with closing(self._layer.open()) as blob:
            while chunk := blob.read(_CHUNK):
                yield chunk
