"""A tar → a tree that is in use: a container's file system, or a folder of the person's, with whatever is in it.

Docker's rules (moby, pkg/archive, Unpack): a folder is merged with the one that is there, anything else takes the
place of what is there; a folder does not give way to a file, nor a file to a folder. The tar comes from strangers, and
so does the tree, which may change meanwhile: a folder on the way is looked up beneath the root, links included, and
what is made is made by its name in the folder that was found, never by a path (CVE-2018-15664).
"""

from __future__ import annotations

import os
import posixpath
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import msgspec

from onggi.errors import Conflict, Invalid
from onggi.layer import attributes, live, tar
from onggi.layer.accounts import Owner
from onggi.layer.attributes import Attributes
from onggi.layer.content import ZEROS, write
from onggi.layer.descent import FOLDER
from onggi.layer.member import Member
from onggi.layer.refusal import refused
from onggi.layer.source import Source
from onggi.layer.untar import members

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PLACE = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_TYPES = {tar.CHARACTER: stat.S_IFCHR, tar.DEVICE: stat.S_IFBLK, tar.FIFO: stat.S_IFIFO}
_PAGE = 4096

NOBODY: Owner = (-1, -1)
"""As for chown(2): what is new belongs to who makes it, and what is there to whom it belonged."""


class Folders(Protocol):
    """What is beneath a root: no link leads out of it."""

    def open(self, path: str, flags: int) -> int:
        """A descriptor of what is at `path`. Raises OSError."""

    def folder(self, path: str) -> int:
        """A descriptor of the folder at `path`, made with its parents where they are missing. Raises OSError."""


class Extraction(msgspec.Struct, frozen=True, kw_only=True):
    """Where a tar goes, and how. `folder` is an absolute path beneath `root`, which messages call `shown`. `owner` gets
    everything; None: who owns it in the tar. replaces_folders: a folder gives way to a file, and a file to a folder.
    `on_bytes` is told how many bytes of files came, piece by piece."""

    root: Folders
    folder: str
    shown: str = ""
    owner: Owner | None = None
    replaces_folders: bool = False
    on_bytes: Callable[[int], object] = lambda count: None


def extract(source: Source, extraction: Extraction) -> None:
    """Puts what a tar holds into a folder that exists. What is there and not in the tar stays. An empty stream holds
    nothing.

    Raises Corrupt for what is not a whole tar, Invalid for an entry that cannot be there, and what the kernel refuses
    in the words of errors.py. What came before that stays.
    """
    if not source.look(1):
        return
    landing = _Landing(extraction)
    try:
        for member in members(source):
            landing.add(member, source)
        landing.finish()
    finally:
        landing.leave()


class _Landing:
    """The folder of the last entry stays open: the next one is often in it too."""

    def __init__(self, how: Extraction) -> None:
        self._how = how
        self._folder = -1
        self._head = b""
        self._folders: list[tuple[bytes, int]] = []

    def add(self, member: Member, source: Source) -> None:
        path = member.clean(member.raw_name)
        try:
            if path:
                self._add(path, member, source)
            elif member.kind != tar.FOLDER:
                raise Invalid(f"{member}: the name is that of the folder itself")
        except OSError as error:
            raise refused(member, error) from error

    def finish(self) -> None:
        """Gives folders their times: what was put into them has changed these."""
        for path, mtime_ns in reversed(self._folders):
            with suppress(FileNotFoundError, NotADirectoryError):  # someone else has removed it
                folder = self._how.root.open(self._real(path), FOLDER)
                try:
                    os.utime(folder, ns=(mtime_ns, mtime_ns))
                finally:
                    os.close(folder)

    def leave(self) -> None:
        if self._folder >= 0:
            os.close(self._folder)
            self._folder = -1

    def _add(self, path: bytes, member: Member, source: Source) -> None:
        head, _, name = path.rpartition(b"/")
        folder = self._enter(head)
        self._make_room(folder, name, path, member)
        if member.kind == tar.FOLDER:
            self._add_folder(folder, name, member)
            self._folders.append((path, member.mtime_ns))
        elif member.kind == tar.FILE:
            self._add_file(folder, name, member, source)
        elif member.kind == tar.HARD_LINK:
            self._add_link(folder, name, member)
        else:
            self._add_special(folder, name, member)

    def _enter(self, head: bytes) -> int:
        if self._folder < 0 or head != self._head:
            self.leave()
            self._folder = self._how.root.folder(self._real(head))
            self._head = head
        return self._folder

    def _real(self, path: bytes) -> str:
        return posixpath.join(self._how.folder, os.fsdecode(path))

    def _make_room(self, folder: int, name: bytes, path: bytes, member: Member) -> None:
        """Removes what is in the way; a folder where a folder shall be is not."""
        try:
            there = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return
        is_folder, becomes_folder = stat.S_ISDIR(there.st_mode), member.kind == tar.FOLDER
        if is_folder and becomes_folder:
            return
        if is_folder != becomes_folder and not self._how.replaces_folders:
            old, new = ("directory", "non-directory") if is_folder else ("non-directory", "directory")
            shown = posixpath.join(self._how.shown or self._how.folder, os.fsdecode(path))
            raise Invalid(f'cannot overwrite {old} "{shown}" with {new} {member}')
        if live.is_mounted_on(folder, name):
            raise Conflict(f"{member}: something is mounted there")
        if is_folder:
            shutil.rmtree(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)

    def _add_folder(self, folder: int, name: bytes, member: Member) -> None:
        with suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=folder)
        made = os.open(name, FOLDER, dir_fd=folder)
        try:
            attributes.give(made, self._wanted(member))
        finally:
            os.close(made)

    def _add_file(self, folder: int, name: bytes, member: Member, source: Source) -> None:
        file = os.open(name, _NEW, 0o600, dir_fd=folder)
        try:
            self._fill(file, member, source)
            attributes.give(file, self._wanted(member))
        finally:
            os.close(file)

    def _fill(self, file: int, member: Member, source: Source) -> None:
        """Writes what is not zero: the rest become holes."""
        segments = ((0, member.size),) if member.holes is None else member.holes.segments
        for offset, length in segments:
            os.lseek(file, offset, os.SEEK_SET)
            for piece in source.pieces(length):
                if len(piece) >= _PAGE and _is_zero(piece):
                    os.lseek(file, len(piece), os.SEEK_CUR)
                else:
                    write(file, piece)
                self._how.on_bytes(len(piece))
        os.ftruncate(file, member.size if member.holes is None else member.holes.size)

    def _add_link(self, folder: int, name: bytes, member: Member) -> None:
        """A further name of a file that is there, from this tar or from before."""
        target = member.clean(member.link)
        head, _, first = target.rpartition(b"/")
        try:
            beside = self._how.root.open(self._real(head), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.link(first, name, src_dir_fd=beside, dst_dir_fd=folder, follow_symlinks=False)
            finally:
                os.close(beside)
        except FileNotFoundError as error:
            raise Invalid(f"{member}: a hard link to {os.fsdecode(target)!r}, which is not there") from error

    def _add_special(self, folder: int, name: bytes, member: Member) -> None:
        """A symbolic link, a device or a pipe."""
        is_link = member.kind == tar.SYMLINK
        if is_link:
            os.symlink(member.link, name, dir_fd=folder)
        else:
            os.mknod(name, _TYPES[member.kind] | 0o600, os.makedev(*member.device), dir_fd=folder)
        place = os.open(name, _PLACE, dir_fd=folder)
        try:
            attributes.give_place(place, self._wanted(member), is_link=is_link)
        finally:
            os.close(place)

    def _wanted(self, member: Member) -> Attributes:
        own = member.attributes()
        if self._how.owner is None:
            return own
        uid, gid = self._how.owner
        return msgspec.structs.replace(own, uid=uid, gid=gid)


def _is_zero(piece: bytes) -> bool:
    return piece == (ZEROS if len(piece) == len(ZEROS) else bytes(len(piece)))
