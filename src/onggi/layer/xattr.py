"""Extended attributes that belong to a tree, as against those that belong to the host or to overlayfs."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping, Sequence

Xattrs = Mapping[str, bytes]

NONE: Xattrs = {}
_CARRIED = ("user.", "trusted.", "system.posix_acl_", "security.capability")
_OVERLAY = "trusted.overlay."


def is_carried(name: str) -> bool:
    """Whether an attribute travels in layers. Labels of the host's policy (security.selinux, …) and overlayfs's own
    bookkeeping do not; the opaque mark travels as a whiteout entry."""
    return name.startswith(_CARRIED) and not name.startswith(_OVERLAY)


def read(path: str | bytes | int) -> Xattrs:
    """The carried attributes of an entry, links not followed, sorted by name."""
    names = _names(path)
    # Nearly no file has any, and every file of a build context is asked.
    return _values(path, filter(is_carried, names)) if names else NONE


def read_all(path: str | bytes | int) -> Xattrs:
    """All attributes that the kernel shows, links not followed, sorted by name."""
    return _values(path, _names(path))


def _names(path: str | bytes | int) -> Sequence[str]:
    try:
        return os.listxattr(path, follow_symlinks=isinstance(path, int))
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        return ()


def _values(path: str | bytes | int, names: Iterable[str]) -> Xattrs:
    return {name: os.getxattr(path, name, follow_symlinks=isinstance(path, int)) for name in sorted(names)}


def write(path: str | bytes | int, xattrs: Xattrs) -> None:
    """Sets attributes, links not followed. After chown and chmod: both change or drop some of them."""
    for name, value in xattrs.items():
        os.setxattr(path, name, value, follow_symlinks=isinstance(path, int))


def clear(path: str | bytes | int) -> None:
    """Removes the carried attributes."""
    for name in read(path):
        os.removexattr(path, name, follow_symlinks=isinstance(path, int))
