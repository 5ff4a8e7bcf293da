"""Extended attributes that belong to a tree, as against those that belong to the host or to overlayfs."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping

Xattrs = Mapping[str, bytes]

NONE: Xattrs = {}
_CARRIED = ("user.", "trusted.", "system.posix_acl_", "security.capability")
_OVERLAY = "trusted.overlay."


def is_carried(name: str) -> bool:
    """Whether an attribute travels in layers. Labels of the host's policy (security.selinux, …) and overlayfs's own
    bookkeeping do not; the opaque mark travels as a whiteout entry."""
    return name.startswith(_CARRIED) and not name.startswith(_OVERLAY)


def read(path: str | bytes | int) -> dict[str, bytes]:
    """The carried attributes of an entry, links not followed, sorted by name."""
    return {name: value for name, value in read_all(path).items() if is_carried(name)}


def read_all(path: str | bytes | int) -> dict[str, bytes]:
    """All attributes that the kernel shows, links not followed, sorted by name."""
    follow = isinstance(path, int)
    try:
        names = os.listxattr(path, follow_symlinks=follow)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        return {}
    return {name: os.getxattr(path, name, follow_symlinks=follow) for name in sorted(names)}


def write(path: str | bytes | int, xattrs: Xattrs) -> None:
    """Sets attributes, links not followed. After chown and chmod: both change or drop some of them."""
    for name, value in xattrs.items():
        os.setxattr(path, name, value, follow_symlinks=isinstance(path, int))


def clear(path: str | bytes | int) -> None:
    """Removes the carried attributes."""
    for name in read(path):
        os.removexattr(path, name, follow_symlinks=isinstance(path, int))
