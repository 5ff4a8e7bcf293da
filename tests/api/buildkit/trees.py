"""What two folders are compared by."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def facts(folder: Path) -> dict[str, tuple[object, ...]]:
    """Which entries are the same file is told by the first of their names."""
    found: dict[str, tuple[object, ...]] = {}
    first: dict[int, str] = {}
    for path in sorted(folder.rglob("*")):
        status, name = path.lstat(), str(path.relative_to(folder))
        content: object = status.st_rdev
        if stat.S_ISREG(status.st_mode):
            content = path.read_bytes(), first.setdefault(status.st_ino, name)
        link = os.readlink(path) if path.is_symlink() else ""
        xattrs = tuple(os.listxattr(path, follow_symlinks=False))
        found[name] = (status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, content, link, xattrs)
    return found
