"""A tree of files that is received: told of entry by entry, parents first, filled piece by piece.

Nothing of it leads out of its folder: an entry is made in a folder that was made before, and in none that a link
leads to.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from onggi.api.buildkit.wire.session_pb2 import Stat
from onggi.errors import Corrupt

_KINDS = {1 << 31: stat.S_IFDIR, 1 << 27: stat.S_IFLNK, 1 << 25: stat.S_IFIFO, 1 << 24: stat.S_IFSOCK}
"""Bits of Go's os.FileMode → the kind of a file; none of them, and no device: a regular file."""
_DEVICE = 1 << 26
_FLAGS = {1 << 23: stat.S_ISUID, 1 << 22: stat.S_ISGID, 1 << 20: stat.S_ISVTX}


class Tree:
    """`awaited`: how many files are not yet whole."""

    def __init__(self, folder: Path) -> None:
        self.awaited = 0
        self._root = os.fspath(folder)
        self._count = 0
        self._folders = {"": Stat(mode=0o755)}
        self._paths: set[str] = {""}
        self._open: dict[int, tuple[Stat, BinaryIO | None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, file in self._open.values():
            if file is not None:
                file.close()
        if kind is None:
            for path, told in reversed(self._folders.items()):
                if path:
                    self._dress(path, told)

    def add(self, told: Stat) -> int | None:
        """Make it; the number by which its content is to be asked for, if it has some. Raises Corrupt for a path that
        is none, or leads elsewhere."""
        number, self._count = self._count, self._count + 1
        path = self._checked(told.path)
        place = f"{self._root}/{path}"
        match _kind(told.mode):
            case stat.S_IFDIR:
                os.mkdir(place, 0o700)
                self._folders[path] = told
            case stat.S_IFLNK:
                os.symlink(told.linkname, place)
                self._dress(path, told)
            case stat.S_IFREG if told.linkname:
                self._link(told, place)
            case stat.S_IFREG:
                os.mknod(place, stat.S_IFREG | 0o600)
                self._open[number] = told, None
                self.awaited += 1
                return number
            case stat.S_IFIFO | stat.S_IFSOCK as kind:
                os.mknod(place, kind | 0o600)
                self._dress(path, told)
        return None

    def write(self, number: int, data: bytes) -> None:
        """A piece of the file's content; b"" at its end. Raises Corrupt for a file that was not asked for."""
        if number not in self._open:
            raise Corrupt("the client sent a file that nobody has asked for")
        told, file = self._open[number]
        if file is None:
            file = open(f"{self._root}/{told.path}", "r+b", buffering=0)  # noqa: SIM115 — closed at its end
            self._open[number] = told, file
        if data:
            file.write(data)
            return
        file.close()
        del self._open[number]
        self.awaited -= 1
        self._dress(told.path, told)

    def _checked(self, path: str) -> str:
        parent, _, name = path.rpartition("/")
        if name in ("", ".", "..") or "\0" in path or parent not in self._folders or path in self._paths:
            raise Corrupt(f"the client sent a file at a place that is none: {path!a}")
        self._paths.add(path)
        return path

    def _link(self, told: Stat, place: str) -> None:
        if told.linkname not in self._paths or told.linkname in self._folders:
            raise Corrupt(f"the client sent a link to a file that it has not sent: {told.linkname!a}")
        os.link(f"{self._root}/{told.linkname}", place, follow_symlinks=False)

    def _dress(self, path: str, told: Stat) -> None:
        """Give it owner, permissions and time."""
        place = f"{self._root}/{path}"
        os.chown(place, told.uid, told.gid, follow_symlinks=False)
        if _kind(told.mode) != stat.S_IFLNK:
            os.chmod(place, (told.mode & 0o777) | sum(bit for flag, bit in _FLAGS.items() if told.mode & flag))
        os.utime(place, ns=(told.mod_time, told.mod_time), follow_symlinks=False)


def _kind(mode: int) -> int:
    """Raises Corrupt for a device: no context has one."""
    if mode & _DEVICE:
        raise Corrupt("the client sent a device")
    return next((kind for bit, kind in _KINDS.items() if mode & bit), stat.S_IFREG)
