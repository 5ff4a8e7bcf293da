"""What a file was when it last looked like this: lets an unchanged tree go unread when its key is computed.

A file's look is its size, times and inode. That it looks the same does not always mean that it is the same: a write
that falls into the same tick of the file system's clock as the look leaves the times as they were (git calls such
entries racily clean). So it is remembered only of a file that had been left alone for `SETTLED` seconds when it was
looked at: any later write, and any later change of an extended attribute, then gets a change time that differs from the
remembered one, for this time cannot be set back by hand.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeAlias

import msgspec

from onggi.oci.digest import Digest

SETTLED = 2.0
"""Seconds. The coarsest clock of a file system in use (FAT) ticks every two."""

Look: TypeAlias = tuple[int, int, int, int]
"""What of a status changes with the file: size, time of the last write and of the last change in nanoseconds, inode."""


class Seen(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a file was when it looked like `look`. `is_bare`: it had no extended attribute that a layer takes."""

    look: Look
    content: Digest
    is_bare: bool


Folders: TypeAlias = Mapping[str, Mapping[str, Seen]]
"""Files by the host paths of their folders and by their names."""


class StatCache(Protocol):
    """Remembers of each file what it was when it was looked at last."""

    def get(self, folders: Iterable[str]) -> Folders:
        """The files in those of `folders` that it knows any of."""
        ...

    def put(self, folders: Folders) -> None:
        """Remembers what is seen now, beside what it knows of other files in these folders."""
        ...


class MemoryStatCache:
    """Remembers for as long as it lives."""

    def __init__(self) -> None:
        self._folders: dict[str, dict[str, Seen]] = {}

    def get(self, folders: Iterable[str]) -> Folders:
        return {folder: self._folders[folder] for folder in folders if folder in self._folders}

    def put(self, folders: Folders) -> None:
        for folder, files in folders.items():
            self._folders.setdefault(folder, {}).update(files)


def look_of(status: os.stat_result) -> Look:
    """How the file with this status looks."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def is_settled(status: os.stat_result, looked_at: float) -> bool:
    """Whether a file with this status at `looked_at` (seconds since the epoch) had been left alone long enough."""
    return max(status.st_mtime_ns, status.st_ctime_ns) < (looked_at - SETTLED) * 1e9
