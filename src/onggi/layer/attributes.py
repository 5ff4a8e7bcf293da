"""What an entry of a tree has besides its name and its content."""

from __future__ import annotations

import os
import stat

import msgspec

from onggi.layer import xattr
from onggi.layer.node import Node


class Attributes(msgspec.Struct, frozen=True):
    """`mode` is the permission bits with set-ID and sticky, `mtime_ns` in nanoseconds since the epoch."""

    uid: int
    gid: int
    mode: int
    mtime_ns: int
    xattrs: xattr.Xattrs = xattr.NONE


def of(node: Node) -> Attributes:
    """Those of an entry as it is."""
    return of_status(node.stat, xattr.read(node.real))


def of_status(status: os.stat_result, xattrs: xattr.Xattrs) -> Attributes:
    """Those that a status and the extended attributes found beside it tell of."""
    return Attributes(status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode), status.st_mtime_ns, xattrs)


def give(descriptor: int, attributes: Attributes) -> None:
    """Gives them to an open file or folder. In this order: a change of owner drops set-ID bits and capabilities."""
    os.fchown(descriptor, attributes.uid, attributes.gid)
    os.fchmod(descriptor, attributes.mode)
    xattr.write(descriptor, attributes.xattrs)
    os.utime(descriptor, ns=(attributes.mtime_ns, attributes.mtime_ns))


def give_at(path: str, attributes: Attributes, *, is_link: bool) -> None:
    """Gives them to a symbolic link, which has no mode, or to a node that is not to be opened."""
    os.chown(path, attributes.uid, attributes.gid, follow_symlinks=False)
    if not is_link:
        os.chmod(path, attributes.mode)
    xattr.write(path, attributes.xattrs)
    os.utime(path, ns=(attributes.mtime_ns, attributes.mtime_ns), follow_symlinks=False)


def give_place(descriptor: int, attributes: Attributes, *, is_link: bool) -> None:
    """Gives them to what was opened with O_PATH, whatever is at its path by now; a symbolic link has no mode."""
    place = f"/proc/self/fd/{descriptor}"  # the kernel finds the very entry there, and follows it no further
    os.chown(place, attributes.uid, attributes.gid)
    if not is_link:
        os.chmod(place, attributes.mode)
    for name, value in attributes.xattrs.items():
        os.setxattr(place, name, value)
    os.utime(place, ns=(attributes.mtime_ns, attributes.mtime_ns))
