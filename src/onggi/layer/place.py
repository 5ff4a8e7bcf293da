"""COPY, ADD and WORKDIR: files into a new layer, by Docker's rules for the destination.

A folder's contents go into the destination, which becomes a folder; anything else goes into the destination if that
is a folder or ends with a slash, and becomes the destination if not. Links in the destination are followed beneath
the root, so that `COPY x /bin/` reaches /usr/bin where /bin is a link; links that would have to be replaced by a
folder are an error.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Mapping, Sequence

import msgspec

from onggi.dockerfile.mode import Mode
from onggi.errors import Invalid
from onggi.layer import attributes, whiteout, xattr
from onggi.layer.accounts import Owner
from onggi.layer.archive import is_archive, unpack_archive
from onggi.layer.attributes import Attributes
from onggi.layer.descent import Roots
from onggi.layer.earlier import Previous
from onggi.layer.match import Match
from onggi.layer.node import Node
from onggi.layer.reader import changed
from onggi.layer.refusal import refused
from onggi.layer.select import Selection
from onggi.layer.union import Union
from onggi.layer.upper import Upper
from onggi.oci.digest import Digest


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """Where files go and what they get. `destination` is absolute; one that ends with / is a folder. `owner` and
    `mode` are those of --chown and --chmod, None keeps what the source has. `epoch`, in seconds, becomes the time of
    everything."""

    destination: str
    owner: Owner | None = None
    mode: Mode | None = None
    epoch: int | None = None


class Placed(msgspec.Struct, frozen=True):
    """How many entries that are no folders were written, and the bytes of the regular files among them. `contents`
    maps the paths of those that were copied to the digests of their contents."""

    files: int
    bytes: int
    contents: Mapping[str, Digest] = {}


def place(
    selections: Sequence[Selection],
    base: Union,
    target: str,
    placement: Placement,
    previous: Previous | None = None,
) -> Placed:
    """Writes the layer that puts `selections`, one after the other, on top of `base` into `target`, an empty folder.

    A file that is in `previous` just as it would be now is linked, not copied: snapshots never change. That needs its
    content to be known, so ask for the selections' digests first. Raises Conflict for a file that is no longer what
    was selected, Invalid for a destination that cannot be. What is in `target` after an error is of no use.
    """
    try:
        with (
            Upper(base, target, owner=placement.owner or (0, 0), epoch=placement.epoch) as upper,
            Roots() as roots,
        ):
            placing = _Placing(upper, roots, placement, previous, _singles(selections))
            destination = base.resolve(placement.destination)
            if placement.destination.endswith(("/", "/.")) and any(each.matches for each in selections):
                upper.enter(destination)
            for selection in selections:
                copier = _Copier(selection, placing)
                for match in selection.matches:
                    copier.copy(match, destination)
    except OSError as error:
        raise refused(placement.destination, error) from error
    return Placed(placing.files, placing.bytes, placing.contents)


def _singles(selections: Sequence[Selection]) -> int:
    """How many things are copied that are no folders."""
    return sum(not match.top.is_folder for selection in selections for match in selection.matches)


def make_directory(base: Union, target: str, path: str, owner: Owner, *, epoch: int | None = None) -> bool:
    """Makes the folder `path` and its missing parents, all owned by `owner`, as a layer in `target`. False, and
    `target` is left empty, if it is there. Raises Invalid where something that is no folder is in the way."""
    canonical = base.resolve(path)
    node = base.entry(canonical)
    if canonical == "/" or (node is not None and node.is_folder):
        return False
    try:
        with Upper(base, target, owner=owner, epoch=epoch) as upper:
            upper.enter(canonical)
    except OSError as error:
        raise refused(path, error) from error
    return True


class _Placing:
    """One COPY: where to, and what was written so far. `singles` is how many things it copies that are no folders."""

    def __init__(
        self, upper: Upper, roots: Roots, placement: Placement, previous: Previous | None, singles: int
    ) -> None:
        self.upper = upper
        self.roots = roots
        self.placement = placement
        self.previous = previous
        self.singles = singles
        self.files = 0
        self.bytes = 0
        self.contents: dict[str, Digest] = {}
        # Inodes of the previous snapshot that are linked already. Twice would make hard links of two files that
        # aren't.
        self.reused: set[int] = set()


class _Copier:
    """Copies what was selected from one tree."""

    def __init__(self, selection: Selection, placing: _Placing) -> None:
        self._selection = selection
        self._placing = placing
        self._upper = placing.upper
        self._placement = placing.placement
        # Files of one match that have other names → where the first of them was put.
        self._linked: dict[tuple[str, int], str] = {}

    def copy(self, match: Match, destination: str) -> None:
        self._linked.clear()
        if match.top.is_folder:
            self._copy_folder(match, destination)
        elif self._selection.unpack and match.top.is_file and self._unpack(match.top, destination):
            pass
        elif self._upper.has_folder(destination):
            self._put(match.top, f"{destination.rstrip('/')}/{match.name}")
        elif self._placing.singles == 1:
            self._put(match.top, destination)
        else:
            raise Invalid(
                f"several files cannot be copied to {self._placement.destination}, which is not a folder",
                hint=f"end the destination with a slash: {self._placement.destination}/",
            )

    def _copy_folder(self, match: Match, destination: str) -> None:
        """What is in the folder, not the folder: a destination that is new is made as any missing folder is."""
        self._upper.enter(destination)
        prefix = destination.rstrip("/")
        for node in match.copied:
            path = prefix + match.inner(node)
            if node.path in match.passed:
                self._upper.pass_through(path, self._wanted(node), stat.S_IMODE(node.stat.st_mode))
            elif node.is_folder:
                self._upper.make_folder(path, self._wanted(node))
            else:
                self._put(node, path)

    def _unpack(self, node: Node, destination: str) -> bool:
        """Unpacks a tar; False if it is none."""
        with self._selection.reader.opened(node, self._placing.roots) as descriptor:
            if not is_archive(descriptor):
                return False
            out = unpack_archive(descriptor, node.path[1:], self._upper, destination, self._placement.owner)
        self._check(node, out.content)
        self._placing.files += out.files
        self._placing.bytes += out.bytes
        return True

    def _wanted(self, node: Node) -> Attributes:
        return self._selection.attributes(node, self._placement.owner, self._placement.mode, self._placement.epoch)

    def _put(self, node: Node, path: str) -> None:
        make = _MAKERS[stat.S_IFMT(node.stat.st_mode)]
        try:
            try:
                make(self, node, path, self._upper.make_room(path))
            except FileExistsError:
                # Another source of this COPY has put something here.
                self._upper.remove(path)
                make(self, node, path, self._upper.make_room(path))
        except OSError as error:
            raise refused(path, error) from error
        self._placing.files += 1

    def _file(self, node: Node, path: str, folder: int) -> None:
        identity = (node.root, node.stat.st_ino)
        if first := self._linked.get(identity):
            os.link(self._upper.target + first, os.path.basename(path), dst_dir_fd=folder, follow_symlinks=False)
            return
        wanted = self._wanted(node)
        if not (self._reuse(node, path, folder, wanted) or self._adopt(node, path, wanted)):
            self._write(node, path, folder, wanted)
        self._placing.contents[path] = self._selection.contents[node.path]
        self._placing.bytes += node.stat.st_size
        if node.stat.st_nlink > 1:
            self._linked[identity] = path

    def _reuse(self, node: Node, path: str, folder: int, wanted: Attributes) -> bool:
        """Links the file of the previous snapshot, if it is there with the same content and attributes."""
        content = self._selection.contents.get(node.path)
        if self._placing.previous is None or content is None or self._placing.previous.contents.get(path) != content:
            return False
        real = self._placing.previous.folder + path
        try:
            status = os.lstat(real)
            same = attributes.of_status(status, xattr.read(real)) == wanted and stat.S_ISREG(status.st_mode)
            if not same or status.st_ino in self._placing.reused:
                return False
            os.link(real, os.path.basename(path), dst_dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EMLINK, errno.EXDEV):
                return False  # the snapshot was collected, or can take no more links
            raise
        self._placing.reused.add(status.st_ino)
        return True

    def _adopt(self, node: Node, path: str, wanted: Attributes) -> bool:
        """Moves in the file that was written when the content was read, if nobody else wants it."""
        claimed = self._selection.reader.claim(node, self._placing.roots)
        if claimed is None:
            return False
        real, content = claimed
        self._check(node, content)
        attributes.give_at(real, wanted, is_link=False)
        self._upper.adopt(real, path)
        return True

    def _write(self, node: Node, path: str, folder: int, wanted: Attributes) -> None:
        target = os.open(os.path.basename(path), _NEW, 0o600, dir_fd=folder)
        try:
            self._check(node, self._selection.reader.copy(node, self._placing.roots, target))
            attributes.give(target, wanted)
        finally:
            os.close(target)

    def _check(self, node: Node, content: Digest) -> None:
        """Raises Conflict unless what was copied is what was selected."""
        if content != self._selection.contents.setdefault(node.path, content):
            raise changed(node)

    def _link(self, node: Node, path: str, folder: int) -> None:
        os.symlink(self._selection.link_text(node), os.path.basename(path), dir_fd=folder)
        attributes.give_at(self._upper.target + path, self._wanted(node), is_link=True)

    def _special(self, node: Node, path: str, folder: int) -> None:
        """A device or a fifo."""
        if whiteout.is_whiteout(node.stat):
            raise Invalid(f"{node.path[1:]} is a character device 0/0, which marks a deletion in a layer")
        os.mknod(os.path.basename(path), node.stat.st_mode, node.stat.st_rdev, dir_fd=folder)
        attributes.give_at(self._upper.target + path, self._wanted(node), is_link=False)


_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MAKERS: dict[int, Callable[[_Copier, Node, str, int], None]] = {
    stat.S_IFREG: _Copier._file,
    stat.S_IFLNK: _Copier._link,
    stat.S_IFIFO: _Copier._special,
    stat.S_IFCHR: _Copier._special,
    stat.S_IFBLK: _Copier._special,
}
