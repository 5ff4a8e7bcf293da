"""A tree of files that is received: told of entry by entry, parents first, filled piece by piece.

The folder may hold what came earlier. A file is asked for anew where its kind, size, time, permissions, owner or
attributes differ (tonistiigi/fsutil, diff_containerd.go, which does not look at attributes). It gets its time when it
is whole, so one that was left in the middle differs. What is not told any more goes.

A file that has one name is written over where it is: to free its blocks and take others can cost twenty times as much
(ext4 with discard). Were the power to fail then, the new time could be on the disk and the new content not yet; so what
was written before the machine last started is asked for anew.

A time of a whole second was not told by a clock: who unpacks an archive gives such times, or who builds reproducibly,
and what has changed, or is another client's who says that it is this one, may well have the same size and the same one.
So files that have one are asked for anew.

Nothing leads out of the folder: an entry is made in a folder that was told before, and in none that a link leads to.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from onggi.api import file_mode
from onggi.api.buildkit.wire.session_pb2 import Stat
from onggi.errors import Corrupt
from onggi.layer import attributes, content, removal, xattr
from onggi.layer.attributes import Attributes

_MOST_ENTRIES = 1 << 22
_MOST_TOLD = 1 << 30
"""Bytes of what is told of them, which is in memory."""
_SECOND = 1_000_000_000  # nanoseconds
_MOST_OPEN = 64
"""Files that come at once: clients send four."""


class Tree:
    """`wanted`: the numbers of the files that are to be asked for, those told since it was last emptied. `awaited`: how
    many files are not yet whole. `finish` once all is there; leaving it before that leaves it half made. started: when
    the machine was, in nanoseconds since the epoch."""

    def __init__(self, folder: str, started: int = 0) -> None:
        self.awaited = 0
        self.wanted: deque[int] = deque()
        self._root = folder
        self._started = started
        self._count = 0
        self._told = 0
        self._paths: set[str] = {""}
        self._folders: dict[str, Stat] = {"": Stat()}
        self._old: set[str] = {""}  # folders that were here before
        self._links: list[tuple[str, str]] = []
        self._files: dict[int, Stat] = {}
        self._open: dict[int, int] = {}
        self._inodes: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for descriptor in self._open.values():
            os.close(descriptor)

    def add(self, told: Stat) -> None:
        """Make it, if it is not here. Raises Corrupt for a path that is none, or leads elsewhere, and for what no file
        can be."""
        number, self._count = self._count, self._count + 1
        path, parent = self._checked(told)
        kind = stat.S_IFMT(file_mode.of_go(told.mode))
        if kind == stat.S_IFREG and told.linkname:
            self._links.append((self._target(os.fsdecode(told.linkname)), path))
            return
        place = f"{self._root}/{path}"
        if self._keeps(place, told, kind, parent):
            if kind == stat.S_IFDIR:
                self._old.add(path)
                self._folders[path] = told
            return
        match kind:
            case stat.S_IFREG:
                self._files[number] = told
                self.wanted.append(number)
                self.awaited += 1
                return
            case stat.S_IFDIR:
                os.mkdir(place, 0o700)
                self._folders[path] = told
                return
            case stat.S_IFLNK:
                os.symlink(os.fsdecode(told.linkname), place)
            case stat.S_IFCHR | stat.S_IFBLK:
                os.mknod(place, kind | 0o600, os.makedev(told.devmajor, told.devminor))
            case _:
                os.mknod(place, kind | 0o600)
        attributes.give_at(place, _attributes(told), is_link=kind == stat.S_IFLNK)

    def write(self, number: int, data: bytes) -> None:
        """A piece of the file's content; b"" at its end. Raises Corrupt for a file that was not asked for."""
        if number not in self._files:
            raise Corrupt("the client sent a file that nobody has asked for")
        descriptor = self._open.get(number)
        if descriptor is None:
            descriptor = self._begin(number)
        if data:
            content.write(descriptor, data)
            return
        os.ftruncate(descriptor, os.lseek(descriptor, 0, os.SEEK_CUR))  # it may have been longer
        attributes.give(descriptor, _attributes(self._files.pop(number)))
        os.close(self._open.pop(number))
        self.awaited -= 1

    def leave_empty(self) -> None:
        """The files that are wanted."""
        while self.wanted:
            self.write(self.wanted.popleft(), b"")

    def finish(self) -> None:
        """What is left to do when all has come."""
        for target, path in self._links:
            self._link(f"{self._root}/{target}", f"{self._root}/{path}")
        for folder in self._old:
            self._clear(folder)
        for path, told in reversed(self._folders.items()):
            if path:
                attributes.give_at(f"{self._root}/{path}", _attributes(told), is_link=False)

    def _checked(self, told: Stat) -> tuple[str, str]:
        """The path, and that of the folder it is in."""
        path = os.fsdecode(told.path)
        parent, slash, name = path.rpartition("/")
        is_name = name not in ("", ".", "..") and "\0" not in name and bool(parent) == bool(slash)
        if not is_name or parent not in self._folders or path in self._paths:
            raise Corrupt(f"the client sent a file at a place that is none: {path!a}")
        if not _is_possible(told):
            raise Corrupt(f"the client sent what no file can be: {path!a}")
        self._told += told.ByteSize()
        if len(self._paths) > _MOST_ENTRIES or self._told > _MOST_TOLD:
            raise Corrupt(f"the client sent more than {_MOST_ENTRIES} files, or too much of what they are")
        self._paths.add(path)
        return path, parent

    def _target(self, path: str) -> str:
        if path not in self._paths or path in self._folders:
            raise Corrupt(f"the client sent a link to a file that it has not sent: {path!a}")
        return path

    def _keeps(self, place: str, told: Stat, kind: int, parent: str) -> bool:
        """Whether it is here as it is told. What is here instead goes, unless it can be written over."""
        if parent not in self._old:
            return False
        try:
            found = os.lstat(place)
        except FileNotFoundError:
            return False
        if stat.S_IFMT(found.st_mode) == kind == stat.S_IFDIR:
            return True
        is_file = stat.S_ISREG(found.st_mode)
        is_known = found.st_ino not in self._inodes and (not is_file or found.st_ctime_ns >= self._started)
        if is_known and _is_same(place, found, told, kind):
            if found.st_nlink > 1:  # the next one that is the same file is so only where the client says it
                self._inodes.add(found.st_ino)
            return True
        if not (is_file and kind == stat.S_IFREG and found.st_nlink == 1):
            removal.remove(place)
        return False

    def _begin(self, number: int) -> int:
        if len(self._open) >= _MOST_OPEN:
            raise Corrupt("the client sent too many files at once")
        place = f"{self._root}/{os.fsdecode(self._files[number].path)}"
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        self._open[number] = descriptor
        xattr.clear(descriptor)
        return descriptor

    def _link(self, target: str, place: str) -> None:
        try:
            if os.path.samestat(os.lstat(place), os.lstat(target)):
                return
        except FileNotFoundError:
            pass
        removal.remove(place)
        os.link(target, place, follow_symlinks=False)

    def _clear(self, folder: str) -> None:
        """Remove what is in it and was not told."""
        prefix = f"{folder}/" if folder else ""
        for name in os.listdir(f"{self._root}/{folder}"):
            if f"{prefix}{name}" not in self._paths:
                removal.remove(f"{self._root}/{prefix}{name}")


def _attributes(told: Stat) -> Attributes:
    """With the extended ones that belong to a tree: what a host's policy or overlayfs believes is nobody's to send."""
    xattrs = {name: told.xattrs[name] for name in sorted(told.xattrs) if xattr.is_carried(name)}
    return Attributes(told.uid, told.gid, stat.S_IMODE(file_mode.of_go(told.mode)), told.mod_time, xattrs)


def _is_possible(told: Stat) -> bool:
    """Whether the kernel can be asked for it at all."""
    has_ends = b"\0" in told.linkname or any("\0" in name for name in told.xattrs)
    return not has_ends and all(0 <= number < 1 << 32 for number in (told.devmajor, told.devminor))


def _is_same(place: str, found: os.stat_result, told: Stat, kind: int) -> bool:
    if stat.S_IFMT(found.st_mode) != kind:
        return False
    if kind == stat.S_IFREG and (found.st_size != told.size or (told.size and told.mod_time % _SECOND == 0)):
        return False
    if kind == stat.S_IFLNK and os.readlink(place) != os.fsdecode(told.linkname):
        return False
    if kind in (stat.S_IFCHR, stat.S_IFBLK) and found.st_rdev != os.makedev(told.devmajor, told.devminor):
        return False
    own, wanted = attributes.of_status(found, xattr.read(place)), _attributes(told)
    return own == (replace(wanted, mode=own.mode) if kind == stat.S_IFLNK else wanted)
