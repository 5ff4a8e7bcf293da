"""The folder that a layer is unpacked into.

Names come from strangers. An entry's folder is one that this unpacking made itself, or it is resolved name by name
beneath the root, links included, so nothing outside is ever touched. A later entry of the same name wins. What depends
on the rest of the tar waits for its end: hard links (their target may come later), and all that is said of folders
(filling them changes their times, their default ACLs and setgid bits change what is made in them).
"""

from __future__ import annotations

import hashlib
import os
import stat

from onggi.errors import Invalid
from onggi.layer import attributes, tar, whiteout
from onggi.layer.content import write, write_pieces, write_sparse
from onggi.layer.limits import Limits, Tally
from onggi.layer.member import Member
from onggi.layer.refusal import refused
from onggi.layer.source import Source
from onggi.layer.stream_hash import CHUNK

_MAX_LINKS = 40  # symbolic links in one path, as the kernel has it
_FOLDER = Member(b"", tar.FOLDER, 0o755, 0, 0, 0, 0, b"")
"""A folder that the tar has entries in, but none for itself."""
_DEVICE_TYPES = {tar.CHARACTER: stat.S_IFCHR, tar.DEVICE: stat.S_IFBLK, tar.FIFO: stat.S_IFIFO}
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Tree:
    """The folder being filled. Paths are relative to it, as bytes, with no symbolic link in them but the last name."""

    def __init__(self, root: bytes, limits: Limits) -> None:
        self.contents: dict[bytes, str] = {}
        self._root = root
        self._tally = Tally(limits)
        self._folders: dict[bytes, Member] = {b"": _FOLDER}
        self._opaque: set[bytes] = set()
        self._links: dict[bytes, tuple[bytes, Member]] = {}

    def add(self, member: Member, source: Source) -> None:
        """Makes one entry, its data taken from `source`."""
        self._tally.add(member)
        try:
            self._add(member, source)
        except OSError as error:
            raise refused(member, error) from error

    def finish(self) -> None:
        """Does what had to wait for the last entry."""
        for path, (target, member) in self._links.items():
            try:
                self._link_late(path, target, member)
            except OSError as error:
                raise refused(member, error) from error
        for path, member in reversed(self._folders.items()):  # what is in a folder before it: it may get no x bit
            real = self._real(path)
            try:
                if path in self._opaque:
                    whiteout.make_opaque(real)
                attributes.give_at(os.fsdecode(real), member.attributes(), is_link=False)
            except OSError as error:
                raise refused(repr(os.fsdecode(path)), error) from error

    def _add(self, member: Member, source: Source) -> None:
        head, _, name = member.clean(member.raw_name).rpartition(b"/")
        if whiteout.META_PREFIX in member.raw_name and _is_bookkeeping(head, name):
            return
        folder = head if head in self._folders else self._resolve(head, member)
        if name.startswith(whiteout.PREFIX):
            self._add_mark(folder, name, member)
            return
        path = folder + b"/" + name if folder else name
        if member.kind == tar.FOLDER:
            self._add_folder(path, member)
        elif not path:
            raise Invalid(f"{member}: the root of a layer must be a folder")
        elif member.kind == tar.FILE:
            self._add_file(path, member, source)
        elif member.kind == tar.HARD_LINK:
            self._add_link(path, member)
        else:
            self._add_special(path, member)

    # Names

    def _resolve(self, path: bytes, member: Member) -> bytes:
        """The folder that a path means in the root: links followed, `..` stopped at the root, missing parts made."""
        here = b""
        links = 0
        ahead = path.split(b"/")[::-1]
        while ahead:
            part = ahead.pop()
            if part in (b"", b"."):
                continue
            if part == b"..":
                here = here.rpartition(b"/")[0]
                continue
            if part.startswith(whiteout.PREFIX):
                raise Invalid(f"{member}: a folder cannot have a name that begins with .wh.")
            step = here + b"/" + part if here else part
            self._tally.check_depth(step, member)
            if step not in self._folders and (target := self._link_text(step, member)) is not None:
                links += 1
                if links > _MAX_LINKS:
                    raise Invalid(f"{member}: its folder is reached through a loop of symbolic links")
                if target.startswith(b"/"):
                    here = b""
                ahead += target.split(b"/")[::-1]
                continue
            here = step
        return here

    def _link_text(self, path: bytes, member: Member) -> bytes | None:
        """The text of the symbolic link at `path`; None if a folder is there, now or already."""
        real = self._real(path)
        try:
            status = os.lstat(real)
        except FileNotFoundError:
            self._tally.entries += 1
            self._add_folder(path, _FOLDER)
            return None
        if stat.S_ISLNK(status.st_mode):
            return os.readlink(real)
        if whiteout.is_whiteout(status):
            self._add_folder(path, _FOLDER)
            return None
        raise Invalid(f"{member}: {os.fsdecode(path)!r} is not a folder")

    def _real(self, path: bytes) -> bytes:
        return self._root + b"/" + path if path else self._root

    # Kinds of entries

    def _add_file(self, path: bytes, member: Member, source: Source) -> None:
        real = self._real(path)
        try:
            fd = os.open(real, _NEW, 0o600)
        except FileExistsError:
            self._remove(path)
            fd = os.open(real, _NEW, 0o600)
        try:
            if member.holes is not None:
                self.contents[path] = write_sparse(fd, member.holes, source.pieces)
            elif member.size <= CHUNK:
                data = source.take(member.size)
                write(fd, data)
                self.contents[path] = hashlib.sha256(data).hexdigest()
            else:
                self.contents[path] = write_pieces(fd, source.pieces(member.size))
            attributes.give(fd, member.attributes())
        finally:
            os.close(fd)

    def _add_folder(self, path: bytes, member: Member) -> None:
        if path in self._folders:
            self._folders[path] = member
            return
        real = self._real(path)
        try:
            os.mkdir(real, 0o700)
        except FileExistsError:
            if whiteout.is_whiteout(os.lstat(real)):
                self._opaque.add(path)
            self._remove(path)
            os.mkdir(real, 0o700)
        self._folders[path] = member

    def _add_special(self, path: bytes, member: Member) -> None:
        """A symbolic link, device or fifo. A device 0/0 becomes what it is for overlayfs: a whiteout."""
        real = self._real(path)
        if os.path.lexists(real):
            self._remove(path)
        if member.kind == tar.SYMLINK:
            if not member.link:
                raise Invalid(f"{member}: a symbolic link without a target")
            os.symlink(member.link, real)
        else:
            os.mknod(real, _DEVICE_TYPES[member.kind] | 0o600, os.makedev(*member.device))
        attributes.give_at(os.fsdecode(real), member.attributes(), is_link=member.kind == tar.SYMLINK)

    def _add_link(self, path: bytes, member: Member) -> None:
        """A hard link to a path in this tar. If that is yet to come, an empty file keeps the place."""
        head, _, name = member.clean(member.link).rpartition(b"/")
        folder = self._resolve(head, member)
        target = folder + b"/" + name if folder else name
        if target == path:
            raise Invalid(f"{member}: a hard link to itself")
        if target in self._folders:
            raise Invalid(f"{member}: a hard link to the folder {os.fsdecode(target)!r}")
        real = self._real(path)
        if os.path.lexists(real):
            self._remove(path)
        if target in self._links or not os.path.lexists(self._real(target)):
            os.close(os.open(real, _NEW, 0o600))
            self._links[path] = (target, member)
        else:
            self._link(path, target)

    def _link_late(self, path: bytes, target: bytes, member: Member) -> None:
        first = target
        seen = {path}
        while target in self._links:
            if target in seen:
                raise Invalid(f"{member}: a hard link to itself, by way of {os.fsdecode(first)!r}")
            seen.add(target)
            target = self._links[target][0]
        if target in self._folders or not os.path.lexists(self._real(target)):
            raise Invalid(f"{member}: a hard link to {os.fsdecode(target)!r}, which is not a file of this layer")
        os.unlink(self._real(path))
        self._link(path, target)

    def _link(self, path: bytes, target: bytes) -> None:
        os.link(self._real(target), self._real(path), follow_symlinks=False)
        if target in self.contents:
            self.contents[path] = self.contents[target]

    # Whiteouts

    def _add_mark(self, folder: bytes, name: bytes, member: Member) -> None:
        if name == whiteout.OPAQUE:
            self._opaque.add(folder)
            return
        hidden = name[len(whiteout.PREFIX) :]
        if hidden in (b"", b".", b".."):
            raise Invalid(f"{member}: a whiteout that names nothing")
        self._hide(folder + b"/" + hidden if folder else hidden)

    def _hide(self, path: bytes) -> None:
        """A whiteout speaks of the layers below, so it never undoes an entry of its own layer."""
        if path in self._folders:
            self._opaque.add(path)
        elif not os.path.lexists(self._real(path)):
            whiteout.make_whiteout(self._real(path))

    # Replacing

    def _remove(self, path: bytes) -> None:
        """Removes what an earlier entry made, and forgets it."""
        stack = [path]
        while stack:
            path = stack[-1]
            real = self._real(path)
            if path not in self._folders:
                os.unlink(real)
                self._links.pop(path, None)
                self.contents.pop(path, None)
                stack.pop()
            elif names := os.listdir(real):
                stack += [path + b"/" + name for name in names]
            else:
                os.rmdir(real)
                del self._folders[path]
                self._opaque.discard(path)
                stack.pop()


def _is_bookkeeping(head: bytes, name: bytes) -> bool:
    """Whether an entry is one of aufs's own, as layers of old have them."""
    own = [part for part in (*head.split(b"/"), name) if part.startswith(whiteout.META_PREFIX)]
    return bool(own) and own != [whiteout.OPAQUE]
