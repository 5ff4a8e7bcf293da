"""One entry of a tar that is read."""

from __future__ import annotations

import os

import msgspec

from onggi.layer import sparse, xattr
from onggi.layer.attributes import Attributes

_SHOWN = 300  # characters of a name in a message


class Member(msgspec.Struct):
    """`size` is the length of its data in the stream; with `holes`, the file is `holes.size` long and the
    data fills its `holes.segments`. `raw_name` is as written; bytes, because names need not be text."""

    raw_name: bytes
    kind: bytes
    mode: int
    uid: int
    gid: int
    size: int
    mtime_ns: int
    link: bytes
    device: tuple[int, int] = (0, 0)
    xattrs: xattr.Xattrs = xattr.NONE
    holes: sparse.Map | None = None

    def __str__(self) -> str:
        name = os.fsdecode(self.raw_name)
        return repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…")

    def attributes(self) -> Attributes:
        return Attributes(self.uid, self.gid, self.mode, self.mtime_ns, self.xattrs)
