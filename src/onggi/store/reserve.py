"""Room on the store's file system for the time when there is no other: a file that is given up when the disk is full.

SQLite needs some to so much as read (it makes onggi.db-shm), and removing what fills the disk is a transaction. So who
opens the database or writes to it on a full disk removes the file first, and who closes the store makes it again out of
what is free then. As long as it is given up, nothing is added: what is left is for those who look and remove.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress

FILE = "reserve"
SIZE = 1 << 20
"""Bytes; some transactions, each of which writes every page that it changes."""
FULL = SIZE // 4
"""Less that is free than these bytes is a full disk."""


def give_up(root: str | os.PathLike[str]) -> None:
    """Remove the file if the disk is full."""
    if _free(root) < FULL:
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(root, FILE))


def is_given_up(root: str | os.PathLike[str]) -> bool:
    """Is all that is free what the file was?"""
    return _free(root) < SIZE + FULL and not os.path.exists(os.path.join(root, FILE))


def require_room(root: str | os.PathLike[str]) -> None:
    """Raises OSError (ENOSPC) where nothing may be added."""
    if is_given_up(root):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(root))


def take_back(root: str | os.PathLike[str]) -> None:
    """Make the file as large as it should be, or as there is room. A store that cannot be written to has none."""
    path = os.path.join(root, FILE)
    with suppress(OSError):
        if os.path.exists(path) and os.stat(path).st_size >= SIZE:
            return
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            has = os.fstat(descriptor).st_size
            size = min(SIZE, has + _free(root))
            if size > has:
                os.posix_fallocate(descriptor, 0, size)
        finally:
            os.close(descriptor)


def _free(root: str | os.PathLike[str]) -> int:
    """Bytes that we may use."""
    disk = os.statvfs(root)
    return disk.f_bavail * disk.f_frsize
