"""Blobs that are on their way here. What has arrived of one stays when the process is killed, so that the next one goes
on from there; nothing of it counts before all of it is there and has the digest that it should have."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from onggi.oci import digest as digests
from onggi.oci.digest import Digest
from onggi.store import lockfile
from onggi.store.disk import Disk

FOLDER = "arrivals"
KEPT_SECONDS = 24 * 3600.0
"""For how long what has arrived of a blob is kept, when nobody goes on with it."""


class Arrivals:
    """arrivals/<hex of the digest>: the first bytes of a blob."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    @contextmanager
    def open(self, digest: Digest) -> Iterator[Path]:
        """The file for a blob's bytes, of this process alone; it may hold the first of them."""
        with self._disk.lock(_key(digest)):
            folder = self._disk.root / FOLDER
            folder.mkdir(mode=0o700, exist_ok=True)
            yield folder / digests.hex_of(digests.parse(digest))

    def sweep(self, older_than: float = KEPT_SECONDS) -> int:
        """Remove those that nobody has gone on with for so many seconds; returns the bytes that came free."""
        freed = 0
        for file in self._files():
            lock = self._lock_of(file)
            descriptor = lockfile.take_free(lock)
            if descriptor is None:
                continue  # somebody is at it
            try:
                freed += _remove(file, before=time.time() - older_than)
            finally:
                lockfile.release(lock, descriptor)
        return freed

    def measure(self) -> int:
        """Bytes on disk of those that nobody is at."""
        idle = (file for file in self._files() if not lockfile.is_held(self._lock_of(file)))
        return sum(map(_size, idle))

    def _files(self) -> list[Path]:
        folder = self._disk.root / FOLDER
        return [*folder.iterdir()] if folder.is_dir() else []

    def _lock_of(self, file: Path) -> str:
        return self._disk.lock_path(f"key-{_key(f'sha256:{file.name}')}")


def _remove(file: Path, before: float) -> int:
    with suppress(FileNotFoundError):
        if file.stat().st_mtime < before:
            size = _size(file)
            file.unlink()
            return size
    return 0


def _size(file: Path) -> int:
    with suppress(FileNotFoundError):
        return file.stat().st_blocks * 512
    return 0


class Arriving(io.RawIOBase):
    """A blob as one stream: what `file` has of it, then what `open_from` gives from there on, which is written to the
    file as it is read."""

    def __init__(self, file: BinaryIO, size: int, open_from: Callable[[int], io.BufferedIOBase]) -> None:
        self._file = file
        self._size = size
        self._open_from = open_from
        self._rest: io.BufferedIOBase | None = None
        self._position = 0
        self._kept = os.fstat(file.fileno()).st_size
        if self._kept > size:  # then it was another one's
            os.ftruncate(file.fileno(), 0)
            self._kept = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        if self._position < self._kept:
            count = os.preadv(self._file.fileno(), [view[: self._kept - self._position]], self._position)
        else:
            count = self._receive(view)
        self._position += count
        return count

    def close(self) -> None:
        if not self.closed and self._rest is not None:
            self._rest.close()
        super().close()

    def _receive(self, view: memoryview) -> int:
        if self._rest is None:
            if self._kept == self._size:
                return 0  # all of it was there
            self._rest = self._open_from(self._position)
        data = self._rest.read1(len(view))  # what is there is kept before more is waited for
        view[: len(data)] = data
        written = 0
        while written < len(data):  # a disk that becomes full takes a part
            written += os.pwrite(self._file.fileno(), view[written : len(data)], self._position + written)
        return len(data)


def _key(digest: Digest) -> str:
    return f"arrival {digest}"
