"""What folders use on disk."""

from __future__ import annotations

import os
import stat

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
        try:
            top = os.lstat(path)
        except FileNotFoundError:
            return 0
        total = self._count(top)
        pending = [path] if stat.S_ISDIR(top.st_mode) else []
        while pending:
            try:
                entries = os.scandir(pending.pop())
            except FileNotFoundError:  # another process tidied it away meanwhile
                continue
            with entries:
                for entry in entries:
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    if status.st_dev != top.st_dev:
                        continue
                    total += self._count(status)
                    if stat.S_ISDIR(status.st_mode):
                        pending.append(entry.path)
        return total

    def _count(self, status: os.stat_result) -> int:
        if not stat.S_ISDIR(status.st_mode) and status.st_nlink > 1:
            if status.st_ino in self._seen:
                return 0
            self._seen.add(status.st_ino)
        return status.st_blocks * _BLOCK
