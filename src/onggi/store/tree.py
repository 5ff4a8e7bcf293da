"""Folders of the store as a whole: removing them, and counting what they use on disk."""

from __future__ import annotations

import os
import stat

from onggi.errors import Conflict

_BLOCK = 512  # st_blocks counts these, whatever the file system's own block is (stat(2))


def remove(path: str) -> int:
    """Remove a folder or file of any depth; returns the bytes that came free on disk. Nothing there is 0.

    Every folder is moved to the top before it is emptied, so neither the depth nor paths longer than PATH_MAX, which a
    container can make, matter. A mount beneath it is refused, never entered.
    """
    try:
        top = os.lstat(path)
    except FileNotFoundError:
        return 0
    if not stat.S_ISDIR(top.st_mode):
        os.unlink(path)
        return _freed(top)
    freed, count = 0, 0
    prefix = os.path.join(path, f"..{os.urandom(8).hex()}-")
    pending = [path]
    while pending:
        folder = pending.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)
                    freed += _freed(status)
                    continue
                if status.st_dev != top.st_dev:
                    raise Conflict(f"{entry.path} is a mount: unmount it first")
                freed += status.st_blocks * _BLOCK
                if folder == path:
                    pending.append(entry.path)
                    continue
                count += 1
                os.rename(entry.path, f"{prefix}{count}")
                pending.append(f"{prefix}{count}")
        if folder != path:
            os.rmdir(folder)
    os.rmdir(path)
    return freed + top.st_blocks * _BLOCK


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


def _freed(status: os.stat_result) -> int:
    return status.st_blocks * _BLOCK if status.st_nlink == 1 else 0
