"""One entry of a tar that is read."""

from __future__ import annotations

import os

import msgspec

from onggi.errors import Invalid
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

    def clean(self, name: bytes) -> bytes:
        """A name of it, or of what it links to, without what says nothing: leading and trailing slashes, `.`, `a/..`.
        By text, before links are resolved, as Docker does. Raises Invalid for one that climbs out."""
        if not name:
            raise Invalid(f"{self}: an entry without a name")
        name = name.strip(b"/")
        if b"//" not in name and b"/." not in name and name[:1] != b".":
            return name
        parts: list[bytes] = []
        for part in name.split(b"/"):
            if part == b"..":
                if not parts:
                    raise Invalid(f"{self}: the name leads out of the archive through '..'")
                parts.pop()
            elif part not in (b"", b"."):
                parts.append(part)
        return b"/".join(parts)

    def attributes(self) -> Attributes:
        return Attributes(self.uid, self.gid, self.mode, self.mtime_ns, self.xattrs)
