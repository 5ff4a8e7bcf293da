"""Removing a tree, however deep it is."""

from __future__ import annotations

import itertools
import os


def remove(path: str | bytes) -> None:
    """Removes a file, or a folder with all that is in it; links are not followed. Raises OSError.

    Folders in folders are first moved up, so a tree that is deeper than Python recurses, or than a path may be long,
    goes like any other. Nobody else may write into it meanwhile.
    """
    root = os.fsencode(path)
    if os.path.islink(root) or not os.path.isdir(root):
        os.unlink(root)
        return
    taken = set(os.listdir(root))
    free = (root + b"/" + name for name in map(b"%d".__mod__, itertools.count()) if name not in taken)
    waiting = [root]
    while waiting:
        folder = waiting[-1]
        with os.scandir(folder) as scanned:
            entries = list(scanned)
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
            elif folder == root:
                waiting.append(entry.path)
            else:
                moved = next(free)
                os.rename(entry.path, moved)
                waiting.append(moved)
        if waiting[-1] == folder:
            os.rmdir(waiting.pop())
