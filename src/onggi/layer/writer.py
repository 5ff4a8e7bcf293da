"""Entries of one tree, written into another."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

from onggi.layer import attributes, live, removal, whiteout, xattr
from onggi.layer.attributes import Attributes
from onggi.layer.content import transfer
from onggi.layer.refusal import refused
from onggi.layer.walk import Found

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def duplicate(entries: Iterable[Found], target: str) -> None:
    """Writes the entries of a layer, the root first, into the empty folder `target`: overlay form stays overlay form.
    Hard links of each other stay so, and no file is one with the original, which may go on changing."""
    writer = Writer(target)
    for found in entries:
        writer.write(found)
        if found.is_opaque:
            writer.mark_opaque(found.path)
    writer.finish()


class Writer:
    """Writes entries into a folder, over what is there. Folders get their attributes at the end, because filling them
    changes their times. Every path's folder has been written before, so no link is ever followed."""

    def __init__(self, target: str) -> None:
        self._root = os.fsencode(target)
        self._folders: dict[bytes, Attributes] = {}
        self._made: dict[tuple[int, int], bytes] = {}

    def write(self, found: Found) -> None:
        try:
            self._write(found, self._real(found.path))
        except OSError as error:
            raise refused(repr(os.fsdecode(found.path)), error) from error

    def hide(self, path: bytes) -> None:
        whiteout.make_whiteout(self._real(path))

    def mark_opaque(self, path: bytes) -> None:
        whiteout.make_opaque(self._real(path))

    def remove(self, path: bytes) -> None:
        removal.remove(self._real(path))

    def empty(self, path: bytes) -> None:
        """Removes all that is in the folder at `path`, if there is one."""
        real = self._real(path)
        if os.path.isdir(real) and not os.path.islink(real):
            for name in os.listdir(real):
                self.remove(path + b"/" + name)

    def finish(self) -> None:
        for path, wanted in reversed(self._folders.items()):
            attributes.give_at(os.fsdecode(self._real(path)), wanted, is_link=False)

    def _write(self, found: Found, real: bytes) -> None:
        status = found.status
        wanted = attributes.of_status(status, found.xattrs)
        if stat.S_ISDIR(status.st_mode):
            self._folders[found.path] = wanted
            if not os.path.isdir(real) or os.path.islink(real):
                self.remove(found.path)
                os.mkdir(real)
            else:
                xattr.clear(real)
            return
        self.remove(found.path)
        if found.is_linked and (first := self._made.setdefault(found.inode, real)) != real:
            os.link(first, real, follow_symlinks=False)
            return
        if stat.S_ISREG(status.st_mode):
            _copy(found, real)
        elif stat.S_ISLNK(status.st_mode):
            os.symlink(os.readlink(found.real), real)
        else:
            os.mknod(real, status.st_mode, status.st_rdev)
        attributes.give_at(os.fsdecode(real), wanted, is_link=stat.S_ISLNK(status.st_mode))

    def _real(self, path: bytes) -> bytes:
        return self._root + b"/" + path if path else self._root


def _copy(found: Found, real: bytes) -> None:
    source = live.opened(found)
    try:
        target = os.open(real, _NEW, 0o600)
        try:
            transfer(source, target)
        finally:
            os.close(target)
    finally:
        os.close(source)
