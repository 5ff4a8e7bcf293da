"""Whole trees for tests of the tar side: described as values with owners, modes, times and attributes, made on disk,
drawn at random, and read back to be compared."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st

from onggi.layer import whiteout, xattr

CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")
"""security.capability of `setcap cap_net_raw+ep`."""


class Item(msgspec.Struct, frozen=True):
    """One entry. kind: d f l p c b w (whiteout) h (hard link to `text`)."""

    kind: str
    text: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int = 1_000_000_000
    xattrs: Mapping[str, bytes] = {}
    device: tuple[int, int] = (1, 3)
    is_opaque: bool = False


Items = Mapping[bytes, Item]


def make(folder: Path, items: Items) -> Path:
    """Makes the tree in a folder, which is made too; parents that are not in it are ordinary folders."""
    folder.mkdir()
    folder.chmod(0o755)
    root = os.fsencode(folder)
    for path in sorted(items):
        _make(root + b"/" + path, items[path])
    for path in sorted(items):
        if items[path].kind == "h":
            os.link(root + b"/" + items[path].text, root + b"/" + path, follow_symlinks=False)
    for path in sorted(items, reverse=True):
        if items[path].kind not in "hw":
            _dress(root + b"/" + path, items[path])
    os.utime(root, (1_000_000_000, 1_000_000_000))
    return folder


def _make(real: bytes, item: Item) -> None:
    os.makedirs(os.path.dirname(real), exist_ok=True)
    if item.kind == "d":
        os.makedirs(real, exist_ok=True)
    elif item.kind == "f":
        Path(os.fsdecode(real)).write_bytes(item.text)
    elif item.kind == "l":
        os.symlink(item.text, real)
    elif item.kind == "w":
        whiteout.make_whiteout(real)
    elif item.kind in "pcb":
        kind = {"p": stat.S_IFIFO, "c": stat.S_IFCHR, "b": stat.S_IFBLK}[item.kind]
        os.mknod(real, kind | 0o600, 0 if item.kind == "p" else os.makedev(*item.device))


def _dress(real: bytes, item: Item) -> None:
    os.chown(real, item.uid, item.gid, follow_symlinks=False)
    if item.kind != "l":
        os.chmod(real, item.mode)
    xattr.write(real, item.xattrs)
    if item.is_opaque:
        whiteout.make_opaque(real)
    os.utime(real, (item.mtime, item.mtime), follow_symlinks=False)


def read(folder: Path | str) -> dict[str, tuple[object, ...]]:
    """All that a tree is, ready to be compared: also times, opaque marks, and which paths are one file."""
    facts: dict[str, tuple[object, ...]] = {}
    links: dict[tuple[int, int], list[str]] = {}
    for top, folders, files in os.walk(folder):
        for name in (*folders, *files, *([""] if top == os.fspath(folder) else [])):
            real = os.path.join(top, name).rstrip("/")
            path = os.path.relpath(real, folder)
            status = os.lstat(real)
            if whiteout.is_whiteout(status):
                facts[path] = ("whiteout",)
                continue
            kind = stat.S_IFMT(status.st_mode)
            content: object = status.st_rdev
            if kind == stat.S_IFLNK:
                content = os.readlink(real)
            elif kind == stat.S_IFREG:
                content = Path(real).read_bytes()
            is_opaque = kind == stat.S_IFDIR and whiteout.is_opaque(real)
            owner = (status.st_mode, status.st_uid, status.st_gid)
            facts[path] = (*owner, status.st_mtime_ns, xattr.read(real), content, is_opaque)
            if kind != stat.S_IFDIR:
                links.setdefault((status.st_dev, status.st_ino), []).append(path)
    facts["(links)"] = tuple(sorted(tuple(sorted(group)) for group in links.values() if len(group) > 1))
    return facts


def read_below(folder: Path) -> dict[str, tuple[object, ...]]:
    """As `read`, without the root: a tar does not mention an ordinary one, so its time is not kept."""
    facts = read(folder)
    del facts["."]
    return facts


# Names and contents from small sets, so that two random trees often disagree about the same path.
_NAMES = st.sampled_from([b"a", b"b", b"c.d", b"A", b"-x", "소스".encode(), b"\xff\xfe", b"n" * 120, b" \n"])
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map(b"/".join)
_XATTRS = st.dictionaries(
    st.sampled_from(["user.a", "user.long.name", "trusted.t", "user.\udcff"]), st.binary(max_size=8), max_size=2
)
_LINKS = st.sampled_from([b"a", b"../b", b"/etc/passwd", b"t" * 150, b"\xc3\xa9"])
_CONTENTS = st.sampled_from([b"", b"x", b"y", b"line\n" * 300, bytes(600), b"z" * 512])
_DEVICES = st.sampled_from([(1, 3), (8, 1), (4095, 1_048_575)])
_COMMON: dict[str, Any] = {
    "mode": st.sampled_from([0o644, 0o755, 0o600, 0o4755, 0o2711, 0o1777]),
    "uid": st.sampled_from([0, 1000, 2_097_152, 4_000_000_000]),
    "gid": st.sampled_from([0, 100, 70_000]),
    "mtime": st.sampled_from([0, 1, 1_000_000_000, 1_700_000_000, -5]),
}
_ITEMS = st.one_of(
    st.builds(Item, kind=st.just("d"), xattrs=_XATTRS, **_COMMON),
    st.builds(Item, kind=st.just("f"), text=_CONTENTS, xattrs=_XATTRS, **_COMMON),
    st.builds(Item, kind=st.just("l"), text=_LINKS, **_COMMON),
    st.builds(Item, kind=st.sampled_from("pcb"), device=_DEVICES, **_COMMON),
)


@st.composite
def trees(draw: st.DrawFn, *, is_layer: bool = False) -> dict[bytes, Item]:
    """Plain trees, or layers in overlay form."""
    items: dict[bytes, Item] = {}
    for path, item in sorted(draw(st.dictionaries(_PATHS, _ITEMS, max_size=12)).items()):
        if all(items.get(parent, Item("d")).kind == "d" for parent in _parents(path)):
            items.update({parent: Item("d", mode=0o755) for parent in _parents(path) if parent not in items})
            items[path] = item
    free = [
        path
        for path in draw(st.lists(_PATHS, max_size=5, unique=True))
        if path not in items and all(parent in items and items[parent].kind == "d" for parent in _parents(path))
    ]
    targets = [path for path, item in items.items() if item.kind != "d"]
    if targets:
        items.update({path: Item("h", draw(st.sampled_from(targets))) for path in free[:3]})
    if is_layer:
        items.update({path: Item("w") for path in free[3:]})
        for path in [path for path, item in items.items() if item.kind == "d"]:
            items[path] = msgspec.structs.replace(items[path], is_opaque=draw(st.booleans()))
    return items


def _parents(path: bytes) -> list[bytes]:
    parts = path.split(b"/")
    return [b"/".join(parts[:end]) for end in range(1, len(parts))]
