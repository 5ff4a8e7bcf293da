"""Blobs from elsewhere, held against what names them while they are read."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any, BinaryIO

from onggi.errors import Corrupt
from onggi.oci import digest as digests
from onggi.oci.descriptor import Descriptor

_CHUNK = 1 << 20


class Checked(io.RawIOBase):
    """Reads a blob and checks it against its descriptor on the way; `count` is told of each number of bytes."""

    def __init__(
        self, stream: BinaryIO, descriptor: Descriptor, count: Callable[[int], object] = lambda size: None
    ) -> None:
        self._stream = stream
        self._descriptor = descriptor
        self._count = count
        self._state = hashlib.sha256()
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        self._size += len(data)
        if self._size > self._descriptor.size:
            raise Corrupt(f"{self._descriptor.digest} is longer than the {self._descriptor.size} bytes it should have")
        self._state.update(data)
        self._count(len(data))
        buffer[: len(data)] = data
        return len(data)

    def finish(self) -> None:
        """Read what is left; raises Corrupt unless digest and size are right."""
        rest = bytearray(_CHUNK)
        while self.readinto(rest):
            pass
        if self._size != self._descriptor.size:
            raise Corrupt(f"{self._descriptor.digest} has {self._size} bytes instead of {self._descriptor.size}")
        found = digests.of_hash(self._state)
        if found != self._descriptor.digest:
            raise Corrupt(f"{self._descriptor.digest} has other contents: they are {found}")
