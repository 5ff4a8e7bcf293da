"""A blob on its way into a served repository: a file of tmp/ that grows piece by piece, hashed as it does."""

from __future__ import annotations

import contextlib
import hashlib
import os

from onggi.oci import digest as digests
from onggi.oci.digest import Digest
from onggi.store import reserve
from onggi.store.disk import Disk

_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC


class Draft:
    """Of one process: when that dies, the file is swept with all else that it left in tmp/. One thread at a time."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._state = hashlib.sha256()
        self.path = disk.trash()
        self.size = 0

    @property
    def digest(self) -> Digest:
        """Of what has come so far."""
        return digests.of_hash(self._state)

    def append(self, data: bytes) -> None:
        """Raises Unavailable on a full disk; then the draft is of no more use."""
        with self._disk.during("receiving a blob"):
            reserve.require_room(self._disk.root)
            descriptor = os.open(self.path, _APPEND, 0o644)
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
            finally:
                os.close(descriptor)
        self._state.update(data)
        self.size += len(data)

    def drop(self) -> None:
        """Remove what is left of it."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
