"""The difference of two trees as a layer, and a layer put onto a tree: `apply(diff(old, new), old)` gives `new`."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from onggi.errors import Conflict, Invalid
from onggi.layer import whiteout
from onggi.layer.stream_hash import CHUNK
from onggi.layer.walk import Found, walk
from onggi.layer.writer import Writer

_Inode = tuple[int, int]


def diff(old: str, new: str, target: str) -> None:
    """Writes into the empty folder `target`, in overlay form, what makes the plain tree `old` the plain tree `new`.

    Files with equal facts are compared byte by byte, unless they are one inode. Hard links of each other stay together:
    if one of them differs, or if they are linked otherwise than before, the layer has them all.
    Raises Invalid if `new` has a device 0/0, which would read as a whiteout.
    """
    if os.listdir(target):
        raise Conflict(f"{target} is not empty")
    before, after = _Tree(old), _Tree(new)
    gone = [path for path in before.entries if path not in after.entries and after.is_folder(_parent(path))]
    changed = _changed(before, after)
    listed = {b""} | changed | {parent for path in (*gone, *changed) for parent in _parents(path)}
    writer = Writer(target)
    for path, found in after.entries.items():
        if path in listed:
            writer.write(found)
    for path in gone:
        writer.hide(path)
    writer.finish()


def apply(layer: str, target: str) -> None:
    """Puts a layer in overlay form onto the plain tree `target`."""
    writer = Writer(target)
    for found in walk(os.fsencode(layer)):
        if whiteout.is_whiteout(found.status):
            writer.remove(found.path)
            continue
        if found.is_opaque:
            writer.empty(found.path)
        writer.write(found)
    writer.finish()


class _Tree:
    """A plain tree in walk order, with who is a hard link of whom."""

    def __init__(self, folder: str) -> None:
        self.entries = {found.path: found for found in walk(os.fsencode(folder))}
        self._linked: dict[_Inode, set[bytes]] = {}
        for path, found in self.entries.items():
            if whiteout.is_whiteout(found.status):
                raise Invalid(
                    f"{os.fsdecode(found.real)}: a device 0/0 cannot be in a layer, where it means a whiteout"
                )
            if found.is_linked:
                self._linked.setdefault(found.inode, set()).add(path)

    def is_folder(self, path: bytes) -> bool:
        found = self.entries.get(path)
        return found is not None and stat.S_ISDIR(found.status.st_mode)

    def links(self, path: bytes) -> set[bytes]:
        """All paths of one file; its own is among them."""
        found = self.entries.get(path)
        return self._linked[found.inode] if found is not None and found.is_linked else {path}


def _changed(before: _Tree, after: _Tree) -> set[bytes]:
    changed: set[bytes] = set()
    for path, found in after.entries.items():
        known = before.entries.get(path)
        links = after.links(path)
        if known is None or not _is_same(known, found) or before.links(path) & after.entries.keys() != links:
            changed |= links
    return changed


def _is_same(one: Found, other: Found) -> bool:
    if _facts(one) != _facts(other):
        return False
    mode = one.status.st_mode
    if stat.S_ISLNK(mode):
        return os.readlink(one.real) == os.readlink(other.real)
    if stat.S_ISREG(mode) and one.inode != other.inode:
        return one.status.st_size == other.status.st_size and _has_same_content(one.real, other.real)
    return True


def _facts(found: Found) -> tuple[object, ...]:
    status = found.status
    return status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, status.st_rdev, found.xattrs


def _has_same_content(one: bytes, other: bytes) -> bool:
    with open(one, "rb", buffering=0) as first, open(other, "rb", buffering=0) as second:
        while (data := first.read(CHUNK)) == second.read(CHUNK):
            if not data:
                return True
    return False


def _parent(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


def _parents(path: bytes) -> Iterator[bytes]:
    """The folders above a path, the root last."""
    while path:
        path = _parent(path)
        yield path
