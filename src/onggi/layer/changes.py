"""What a writable layer does to the tree below it, path by path, by Docker's rules (moby, pkg/archive, ChangesDirs).

A folder is changed when something in it is, or its owner or mode; anything else when its owner, mode, size, time or
capabilities are not what they were. What was touched and put back is no change, and the time of a folder is none.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from onggi.layer import whiteout, xattr
from onggi.layer.descent import FOLDER
from onggi.layer.node import Node
from onggi.layer.union import Union
from onggi.layer.walk import Found

Kind: TypeAlias = Literal["A", "C", "D"]
"""Added, changed, deleted."""

_SECOND = 1_000_000_000
_CAPABILITY = "security.capability"


def changes(layer: Iterable[Found], base: Union) -> list[tuple[Kind, str]]:
    """Kinds and absolute paths, each folder before what is in it, names by their bytes. `layer`: its entries as
    `live.entries` gives them, the root as b""."""
    found: dict[bytes, Kind] = {}
    alone: set[bytes] = set()  # opaque, or somewhere in what is
    for entry in layer:
        if entry.is_opaque or os.path.dirname(entry.path) in alone:
            alone.add(entry.path)
        for path, kind in _of_entry(entry, base, entry.path in alone) if entry.path else ():
            names = path.split(b"/")
            for depth in range(1, len(names)):
                found.setdefault(b"/".join(names[:depth]), "C")
            found[path] = kind
    return [(found[path], f"/{os.fsdecode(path)}") for path in sorted(found, key=lambda path: path.split(b"/"))]


def _of_entry(entry: Found, base: Union, is_alone: bool) -> Iterator[tuple[bytes, Kind]]:
    """is_alone: nothing of the base is seen in it."""
    below = base.entry(f"/{os.fsdecode(entry.path)}")
    if whiteout.is_whiteout(entry.status):
        if below is not None:
            yield entry.path, "D"
    elif below is None:
        yield entry.path, "A"
    else:
        if _differs(entry, below):
            yield entry.path, "C"
        if is_alone and below.is_folder and stat.S_ISDIR(entry.status.st_mode):
            for name in sorted(set(base.listdir(below.path)) - set(_names(entry))):
                yield entry.path + b"/" + os.fsencode(name), "D"


def _differs(entry: Found, below: Node) -> bool:
    new, old = entry.status, below.stat
    if (new.st_mode, new.st_uid, new.st_gid, new.st_rdev) != (old.st_mode, old.st_uid, old.st_gid, old.st_rdev):
        return True
    if stat.S_ISDIR(new.st_mode):
        return False
    return (
        new.st_size != old.st_size
        or not _is_same_time(new.st_mtime_ns, old.st_mtime_ns)
        or entry.xattrs.get(_CAPABILITY) != xattr.read(below.real).get(_CAPABILITY)
    )


def _is_same_time(one: int, other: int) -> bool:
    """Tars have whole seconds, so one without a fraction may stand for any within its second."""
    is_rounded = one % _SECOND == 0 or other % _SECOND == 0
    return one == other or (is_rounded and one // _SECOND == other // _SECOND)


def _names(folder: Found) -> list[str]:
    descriptor = os.open(folder.real, FOLDER)
    try:
        return os.listdir(descriptor)
    finally:
        os.close(descriptor)
