"""COPY, ADD and WORKDIR: files into a new layer, by Docker's rules for the destination.

A folder's contents go into the destination, which becomes a folder; anything else goes into the destination if that
is a folder or ends with a slash, and becomes the destination if not. Links in the destination are followed beneath
the root, so that `COPY x /bin/` reaches /usr/bin where /bin is a link; links that would have to be replaced by a
folder are an error.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

import msgspec

from onggi.errors import Denied, Invalid
from onggi.layer import attributes, whiteout
from onggi.layer.accounts import Owner
from onggi.layer.attributes import Attributes
from onggi.layer.content import copy_file
from onggi.layer.descent import Source
from onggi.layer.select import Match, Selection, changed
from onggi.layer.stat_cache import key_of
from onggi.layer.union import Node, Union
from onggi.layer.upper import Upper


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """Where files go and what they get. `destination` is absolute; one that ends with / is a folder. `owner` and
    `mode` are those of --chown and --chmod, None keeps what the source has. `epoch`, in seconds, becomes the time of
    everything."""

    destination: str
    owner: Owner | None = None
    mode: int | None = None
    unpack: bool = False
    epoch: int | None = None


class Placed(msgspec.Struct, frozen=True):
    """How many entries that are no folders were written, and the bytes of the regular files among them."""

    files: int
    bytes: int


def place(selection: Selection, base: Union, target: str, placement: Placement) -> Placed:
    """Writes the layer that puts `selection` on top of `base` into `target`, an empty folder.

    Raises Conflict for a file that is no longer what was selected, Invalid for a destination that cannot be. What is
    in `target` after an error is of no use.
    """
    with (
        Upper(base, target, owner=placement.owner or (0, 0), epoch=placement.epoch) as upper,
        Source() as source,
    ):
        copier = _Copier(selection, upper, source, placement)
        destination = base.resolve(placement.destination)
        if selection.matches:
            _check_destination(selection, upper, destination, placement)
        for match in selection.matches:
            copier.copy(match, destination)
    return Placed(copier.files, copier.bytes)


def make_directory(base: Union, target: str, path: str, owner: Owner, *, epoch: int | None = None) -> bool:
    """Makes the folder `path` and its missing parents, all owned by `owner`, as a layer in `target`. False, and
    `target` is left empty, if it is there. Raises Invalid where something that is no folder is in the way."""
    canonical = base.resolve(path)
    node = base.entry(canonical)
    if canonical == "/" or (node is not None and node.is_folder):
        return False
    with Upper(base, target, owner=owner, epoch=epoch) as upper:
        upper.enter(canonical)
    return True


def _check_destination(selection: Selection, upper: Upper, destination: str, placement: Placement) -> None:
    if placement.destination.endswith(("/", "/.")):
        upper.enter(destination)
    elif not upper.has_folder(destination) and sum(not match.top.is_folder for match in selection.matches) > 1:
        raise Invalid(
            f"several files cannot be copied to {placement.destination}, which is not a folder",
            hint=f"end the destination with a slash: {placement.destination}/",
        )


class _Copier:
    def __init__(self, selection: Selection, upper: Upper, source: Source, placement: Placement) -> None:
        self.files = 0
        self.bytes = 0
        self._selection = selection
        self._upper = upper
        self._source = source
        self._placement = placement
        # Files of one match that have other names → where the first of them was put.
        self._linked: dict[tuple[str, int], str] = {}

    def copy(self, match: Match, destination: str) -> None:
        self._linked.clear()
        if not match.top.is_folder:
            inside = f"{destination.rstrip('/')}/{match.name}"
            self._put(match.top, inside if self._upper.has_folder(destination) else destination)
            return
        if not self._upper.has_folder(destination):
            self._upper.make_folder(destination, self._wanted(match.top))
        prefix = destination.rstrip("/")
        for node in match.nodes[1:]:
            path = prefix + match.inner(node)
            if node.is_folder:
                self._upper.make_folder(path, self._wanted(node))
            else:
                self._put(node, path)

    def _wanted(self, node: Node) -> Attributes:
        return self._selection.attributes(node, self._placement.owner, self._placement.mode, self._placement.epoch)

    def _put(self, node: Node, path: str) -> None:
        folder = self._upper.make_room(path)
        name = path.rpartition("/")[2]
        make = _MAKERS[stat.S_IFMT(node.stat.st_mode)]
        try:
            make(self, node, path, folder, name)
        except FileExistsError:
            # A file that another source of this COPY has put here.
            os.unlink(name, dir_fd=folder)
            make(self, node, path, folder, name)
        self.files += 1

    def _file(self, node: Node, path: str, folder: int, name: str) -> None:
        identity = (node.root, node.stat.st_ino)
        if first := self._linked.get(identity):
            os.link(self._upper.real(first), name, dst_dir_fd=folder, follow_symlinks=False)
            return
        descriptor = os.open(
            name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder
        )
        try:
            self._fill(node, descriptor)
            attributes.give(descriptor, self._wanted(node))
        finally:
            os.close(descriptor)
        self.bytes += node.stat.st_size
        if node.stat.st_nlink > 1:
            self._linked[identity] = path

    def _fill(self, node: Node, target: int) -> None:
        try:
            source = self._source.open(node.root, node.path)
        except PermissionError as error:
            raise Denied(f"{node.path[1:]} cannot be read: permission denied") from error
        except OSError as error:
            raise changed(node) from error
        try:
            content = copy_file(source, target, node.stat.st_size)
            expected = self._selection.contents.setdefault(node.path, content)
            if content != expected or key_of("", os.fstat(source)) != key_of("", node.stat):
                raise changed(node)
        finally:
            os.close(source)

    def _link(self, node: Node, path: str, folder: int, name: str) -> None:
        os.symlink(os.readlink(node.real), name, dir_fd=folder)
        attributes.give_at(self._upper.real(path), self._wanted(node), is_link=True)

    def _device(self, node: Node, path: str, folder: int, name: str) -> None:
        if whiteout.is_whiteout(node.stat):
            raise Invalid(f"{node.path[1:]} is a character device 0/0, which marks a deletion in a layer")
        try:
            os.mknod(name, node.stat.st_mode, node.stat.st_rdev, dir_fd=folder)
        except PermissionError as error:
            raise Denied(f"device {node.path[1:]} cannot be copied: only root can make devices") from error
        attributes.give_at(self._upper.real(path), self._wanted(node), is_link=False)


_MAKERS: dict[int, Callable[[_Copier, Node, str, int, str], None]] = {
    stat.S_IFREG: _Copier._file,
    stat.S_IFLNK: _Copier._link,
    stat.S_IFIFO: _Copier._device,
    stat.S_IFCHR: _Copier._device,
    stat.S_IFBLK: _Copier._device,
}
