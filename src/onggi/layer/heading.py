"""A tar's header for an entry of a tree."""

from __future__ import annotations

import stat

from onggi.layer import tar, xattr
from onggi.layer.walk import Found

KINDS = {
    stat.S_IFREG: tar.FILE,
    stat.S_IFDIR: tar.FOLDER,
    stat.S_IFLNK: tar.SYMLINK,
    stat.S_IFCHR: tar.CHARACTER,
    stat.S_IFBLK: tar.DEVICE,
    stat.S_IFIFO: tar.FIFO,
}
_DEVICES = (tar.CHARACTER, tar.DEVICE)
_SECOND = 1_000_000_000


def heading(found: Found, kind: bytes, name: bytes, *, size: int = 0, link: bytes = b"") -> bytes:
    """`name` is what the tar calls it. `link` is the text of a symbolic link, or what a hard link is another name
    of."""
    status = found.status
    return tar.encode(
        tar.Header(
            name=name,
            kind=kind,
            mode=status.st_mode & 0o7777,
            uid=status.st_uid,
            gid=status.st_gid,
            size=size,
            mtime=status.st_mtime_ns // _SECOND,
            link=link,
            device=status.st_rdev if kind in _DEVICES else 0,
            xattrs=xattr.NONE if kind is tar.HARD_LINK else found.xattrs,
        )
    )
