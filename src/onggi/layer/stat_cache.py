"""What a file contained when it last looked like this: lets an unchanged tree go unread when its key is computed.

A file's look is its size, times and inode. That it looks the same does not always mean that it is the same: a write
that falls into the same tick of the file system's clock as the look leaves the times as they were (git calls such
entries racily clean). So a digest is remembered only of a file that had been left alone for `SETTLED` seconds when
it was looked at: any later write then gets a change time that differs from the remembered one, for this time cannot
be set back by hand.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from onggi.oci.digest import Digest

SETTLED = 2.0
"""Seconds. The coarsest clock of a file system in use (FAT) ticks every two."""


class StatKey(NamedTuple):
    """How a file looked. `path` is its host path; times are in nanoseconds."""

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class StatCache(Protocol):
    """Remembers digests of file contents."""

    def get(self, keys: Sequence[StatKey]) -> dict[StatKey, Digest]:
        """Those of `keys` that it knows."""
        ...

    def put(self, entries: Iterable[tuple[StatKey, Digest]]) -> None: ...


class MemoryStatCache:
    """Remembers for as long as it lives."""

    def __init__(self) -> None:
        self._digests: dict[StatKey, Digest] = {}

    def get(self, keys: Sequence[StatKey]) -> dict[StatKey, Digest]:
        return {key: self._digests[key] for key in keys if key in self._digests}

    def put(self, entries: Iterable[tuple[StatKey, Digest]]) -> None:
        self._digests.update(entries)


def key_of(path: str, status: os.stat_result) -> StatKey:
    """The key of the file at `path`, which looked like `status`."""
    return StatKey(path, *look_of(status))


def look_of(status: os.stat_result) -> tuple[int, int, int, int]:
    """What of a status changes with the content."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def is_settled(key: StatKey, looked_at: float) -> bool:
    """Whether a file that looked like this at `looked_at` (seconds since the epoch) had been left alone long
    enough."""
    return max(key.mtime_ns, key.ctime_ns) < (looked_at - SETTLED) * 1e9
