"""What folders use on disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

_BLOCK = 512  # st_blocks counts these, whatever the file system's own block is (stat(2))


class Usage:
    """Disk use by inode, as du counts: one file with several names counts once, for whoever names it first."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def add_one(self, path: str) -> int:
        """The bytes of the entry itself, without what is beneath it."""
        return self._count(os.lstat(path))

    def add(self, path: str) -> int:
        """The bytes beneath `path` that were not counted before; other file systems are left out (du -x)."""
        return sum(map(self._count, _walk(path)))

    def _count(self, status: os.stat_result) -> int:
        if _has_other_names(status):
            if status.st_ino in self._seen:
                return 0
            self._seen.add(status.st_ino)
        return status.st_blocks * _BLOCK


def own(path: str) -> int:
    """The bytes that would come free if all of `path` went: a file with a name elsewhere counts nothing."""
    total = 0
    elsewhere: dict[int, int] = {}  # inode → how many of its names were not met yet
    for status in _walk(path):
        if _has_other_names(status):
            left = elsewhere.pop(status.st_ino, status.st_nlink) - 1
            if left:
                elsewhere[status.st_ino] = left
                continue
        total += status.st_blocks * _BLOCK
    return total


def written(path: str) -> int:
    """The lengths of the files beneath `path`, whatever they use on disk: what Docker calls the size of a container's
    writable layer (moby, directory.Size). A file with several names counts once, folders not at all."""
    files = {status.st_ino: status.st_size for status in _walk(path) if not stat.S_ISDIR(status.st_mode)}
    return sum(files.values())


def _walk(path: str) -> Iterator[os.stat_result]:
    """The entry at `path` and all beneath it on its file system; what goes meanwhile is left out."""
    try:
        top = os.lstat(path)
    except FileNotFoundError:
        return
    yield top
    waiting = [path] if stat.S_ISDIR(top.st_mode) else []
    while waiting:
        try:
            entries = os.scandir(waiting.pop())
        except FileNotFoundError:
            continue
        with entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if status.st_dev == top.st_dev:
                    yield status
                    if stat.S_ISDIR(status.st_mode):
                        waiting.append(entry.path)


def _has_other_names(status: os.stat_result) -> bool:
    return status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode)
