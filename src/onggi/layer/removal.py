"""Removing a tree, however deep it is."""

from __future__ import annotations

import os
import stat

from onggi.errors import Conflict

_BLOCK = 512  # st_blocks counts these, whatever the file system's own block is (stat(2))


def remove(path: str | bytes) -> int:
    """Removes a file, or a folder with all that is in it; returns the bytes that came free on disk, 0 if nothing is
    there. Links are not followed, and a mount beneath the folder is refused with Conflict, never entered.

    Folders in folders are first moved to the top, so a tree that is deeper than Python recurses, or than a path may be
    long, goes like any other. Nobody else may write into it meanwhile.
    """
    root = os.fsencode(path)
    try:
        top = os.lstat(root)
    except FileNotFoundError:
        return 0
    if not stat.S_ISDIR(top.st_mode):
        os.unlink(root)
        return _freed(top)
    freed, moved = 0, 0
    prefix = root + b"/.." + os.urandom(8).hex().encode() + b"-"
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if not stat.S_ISDIR(status.st_mode):
                    os.unlink(entry.path)
                    freed += _freed(status)
                    continue
                if status.st_dev != top.st_dev:
                    raise Conflict(f"{os.fsdecode(entry.path)} is a mount: unmount it first")
                freed += status.st_blocks * _BLOCK
                if folder == root:
                    waiting.append(entry.path)
                    continue
                moved += 1
                os.rename(entry.path, prefix + b"%d" % moved)
                waiting.append(prefix + b"%d" % moved)
        if folder != root:
            os.rmdir(folder)
    os.rmdir(root)
    return freed + top.st_blocks * _BLOCK


def _freed(status: os.stat_result) -> int:
    """The space of a file comes free with its last name."""
    return status.st_blocks * _BLOCK if status.st_nlink == 1 else 0
