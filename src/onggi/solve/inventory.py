"""What a step takes from an input, file by file, and how two such takings differ: a digest says that something changed,
an inventory says what."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec

from onggi.oci.digest import Digest

Difference: TypeAlias = Literal["added", "removed", "renamed", "type", "content", "mode", "owner"]

_TYPES = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "folder",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "pipe",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One file, folder or link that was taken. `path` is relative in a context, absolute in an image; bytes that are no
    text are written \\xNN. `mode` is an st_mode, with the type. Of a regular file: `size` in bytes and the digest of
    its `content`; of a symbolic link: the text of the `link`."""

    path: str
    mode: int
    uid: int
    gid: int
    size: int = 0
    content: Digest = ""
    link: str = ""

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)


class File(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An entry as it is told. mode: octal permission bits ("0644"). owner: "uid:gid". The rest is as in Entry."""

    type: str
    mode: str
    owner: str
    size: int = 0
    content: Digest = ""
    link: str = ""


class FileChange(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What became of one path. `differences` are in the order of their weight. A file that was renamed has `old_path`;
    its content is the same, and so is nothing else that `differences` names. One that was added has no `old`, one that
    was removed no `new`."""

    path: str
    differences: tuple[Difference, ...]
    old_path: str = ""
    old: File | None = None
    new: File | None = None

    @property
    def word(self) -> str:
        """added, removed, renamed or changed."""
        return self.differences[0] if self.differences[0] in ("added", "removed", "renamed") else "changed"


def compare(old: Iterable[Entry], new: Iterable[Entry]) -> tuple[FileChange, ...]:
    """What makes `old` into `new`, by path. A folder that came or went with what is in it is not listed itself."""
    before, after = {entry.path: entry for entry in old}, {entry.path: entry for entry in new}
    removed = [entry for path, entry in before.items() if path not in after]
    added = [entry for path, entry in after.items() if path not in before]
    found = [_changed(before[path], entry) for path, entry in after.items() if path in before and before[path] != entry]
    found += _moved(removed, added)
    return tuple(sorted(found, key=lambda change: change.path))


def count(entries: Iterable[Entry]) -> int:
    """How many of them are no folders."""
    return sum(not entry.is_folder for entry in entries)


def _changed(old: Entry, new: Entry) -> FileChange:
    return FileChange(path=new.path, differences=tuple(_differences(old, new)), old=_file(old), new=_file(new))


def _differences(old: Entry, new: Entry) -> Iterator[Difference]:
    if stat.S_IFMT(old.mode) != stat.S_IFMT(new.mode):
        yield "type"
    elif (old.content, old.link) != (new.content, new.link):
        yield "content"
    if stat.S_IMODE(old.mode) != stat.S_IMODE(new.mode):
        yield "mode"
    if (old.uid, old.gid) != (new.uid, new.gid):
        yield "owner"


def _moved(removed: Sequence[Entry], added: Sequence[Entry]) -> Iterator[FileChange]:
    """Pairs of a file that went and one that came with the same content; what is left came or went."""
    gone: dict[Digest, list[Entry]] = {}
    for entry in removed:
        if entry.content and entry.size:
            gone.setdefault(entry.content, []).append(entry)
    partners: set[str] = set()
    for entry in _outermost(added):
        candidates = gone.get(entry.content) if entry.content else None
        if not candidates:
            yield FileChange(path=entry.path, differences=("added",), new=_file(entry))
            continue
        origin = candidates.pop(0)
        partners.add(origin.path)
        also = _differences(origin, entry)
        yield FileChange(
            path=entry.path,
            differences=("renamed", *also),
            old_path=origin.path,
            old=_file(origin),
            new=_file(entry),
        )
    for entry in _outermost(removed):
        if entry.path not in partners:
            yield FileChange(path=entry.path, differences=("removed",), old=_file(entry))


def _outermost(entries: Sequence[Entry]) -> list[Entry]:
    """Without the folders that hold another of them."""
    parents = {entry.path.rpartition("/")[0] for entry in entries}
    return [entry for entry in entries if not (entry.is_folder and entry.path in parents)]


def _file(entry: Entry) -> File:
    return File(
        type=_TYPES[stat.S_IFMT(entry.mode)],
        mode=f"{stat.S_IMODE(entry.mode):04o}",
        owner=f"{entry.uid}:{entry.gid}",
        size=entry.size,
        content=entry.content,
        link=entry.link,
    )
