"""The tree digest: equal for equal trees, whenever and however they were made.

It is the sha256 of one record per entry in walk order (see `order`). A record holds path, type and mode, owner,
extended attributes, and what the entry contains: a file's sha256, a link's text, a device's number. It holds no times,
and not which files are hard links of each other. A whiteout is a character device 0/0 of mode 0 owned by root; an
opaque folder has the overlay's mark among its attributes.
"""

from __future__ import annotations

import os
import stat

from onggi.layer import whiteout, xattr
from onggi.layer.walk import Found


def record(
    path: bytes,
    mode: int,
    uid: int,
    gid: int,
    *,
    content: str = "",
    link: bytes = b"",
    device: int = 0,
    xattrs: xattr.Xattrs = xattr.NONE,
) -> bytes:
    """One entry's record.

    path: relative, no slash at either end, b"" for the root. mode: as st_mode, with the type. content: 64 hex digits
    of a regular file's sha256. link: a symbolic link's text. device: a device's st_rdev. The form can be read back in
    one way only, so different entries never give the same record.
    """
    body = link or (f"{os.major(device)}:{os.minor(device)}" if device else content).encode()
    head = b"%b\0%o %d %d %d %b\0" % (path, mode, uid, gid, len(xattrs), body)
    if not xattrs:
        return head
    return head + b"".join(b"%b\0%d:%b" % (os.fsencode(n), len(v), v) for n, v in sorted(xattrs.items()))


def record_of(found: Found, content: str = "") -> bytes:
    """The record of an entry on disk; content as above."""
    path, real, status, xattrs, is_opaque = found
    mode = status.st_mode
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFREG:
        return record(path, mode, status.st_uid, status.st_gid, content=content, xattrs=xattrs)
    if whiteout.is_whiteout(status):
        return record(path, kind, 0, 0)
    if is_opaque:
        xattrs = {**xattrs, whiteout.OPAQUE_XATTR: b"y"}
    link = os.readlink(real) if kind == stat.S_IFLNK else b""
    return record(path, mode, status.st_uid, status.st_gid, link=link, device=status.st_rdev, xattrs=xattrs)


def order(path: bytes) -> bytes:
    """The sort key that puts paths in walk order: a folder before what it holds, names by their bytes."""
    return path.replace(b"/", b"\0")
