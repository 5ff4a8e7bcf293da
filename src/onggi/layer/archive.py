"""ADD of a local tar: what it holds goes beneath the destination, as if it were unpacked in the running tree.

Told by content, not by name, in any compression that Docker reads. Where a folder of the tar meets a symbolic link,
the link is followed beneath the root: a tar with bin/x reaches /usr/bin/x where /bin is a link. Anything else that
is in the way is replaced. Owners and times are the tar's own.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from typing import BinaryIO, cast

import msgspec

from onggi.errors import Corrupt, Invalid
from onggi.layer import attributes, tar, untar, whiteout
from onggi.layer.accounts import Owner
from onggi.layer.attributes import Attributes
from onggi.layer.compress import decompress
from onggi.layer.node import Node
from onggi.layer.union import Union
from onggi.layer.unpack import unpack
from onggi.layer.upper import Upper
from onggi.layer.walk import walk
from onggi.oci.digest import Digest, of_hash

_IMPLIED = Attributes(0, 0, 0o755, 0)
"""What unpacking gives a folder that has entries in the tar, but none for itself."""

_CONTEXT = "the build context"


class Unpacked(msgspec.Struct, frozen=True):
    """What came out of an archive, and the digest of the file it was in."""

    content: Digest
    files: int
    bytes: int


def is_archive(descriptor: int) -> bool:
    """Whether an open file is a tar, perhaps compressed. It is left at its beginning."""
    with open(descriptor, "rb", closefd=False) as file:
        try:
            block = decompress(file).read(tar.BLOCK)
        except Corrupt:
            block = b""
    os.lseek(descriptor, 0, os.SEEK_SET)
    return untar.is_header(block)


def unpack_archive(descriptor: int, name: str, upper: Upper, destination: str, owner: Owner | None) -> Unpacked:
    """Unpacks the open file, which people call `name`, beneath the canonical path `destination`; `owner` gets
    everything if given. Raises what `unpack` raises, and Invalid for what cannot be told from a deletion in a layer."""
    stream = _Hashed(descriptor)
    upper.enter(destination)
    # Beside the layer, so that what is finished can be moved in.
    from tempfile import TemporaryDirectory  # late: few builds ADD a tar

    with TemporaryDirectory(dir=os.path.dirname(upper.target)) as folder:
        _unpack(cast(BinaryIO, io.BufferedReader(stream, 1 << 18)), folder, name)
        stream.finish()
        files, size = _inspect(folder, name, owner)
        _merge(upper, upper.view(), folder, destination)
    return Unpacked(of_hash(stream.state), files, size)


def unpack_context(stream: BinaryIO, folder: str) -> None:
    """Fills an empty folder from a tar, to build from. Raises as `unpack_archive` does. The end of the tar may
    be missing: Docker's client leaves it out where it adds files (`build -f` of one that is not in the context)."""
    _unpack(stream, folder, _CONTEXT, needs_end=False)
    _inspect(folder, _CONTEXT, None)


def _unpack(stream: BinaryIO, folder: str, name: str, *, needs_end: bool = True) -> None:
    try:
        unpack(stream, folder, needs_end=needs_end)
    except Corrupt as error:
        raise Corrupt(f"{name} cannot be unpacked: {error}", hint=error.hint) from error


class _Hashed(io.RawIOBase):
    """An open file that hashes what is read of it."""

    def __init__(self, descriptor: int) -> None:
        self.state = hashlib.sha256()
        self._descriptor = descriptor

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = os.readv(self._descriptor, [buffer])
        self.state.update(buffer[:count])
        return count

    def finish(self) -> None:
        """Reads what is left: a decompressor need not read on after its end."""
        while data := os.read(self._descriptor, 1 << 20):
            self.state.update(data)


def _inspect(folder: str, name: str, owner: Owner | None) -> tuple[int, int]:
    """Counts files and their bytes, and gives what has an entry of its own to `owner`."""
    files = size = 0
    for found in walk(os.fsencode(folder)):
        status = found.status
        if found.is_opaque or whiteout.is_whiteout(status):
            raise Invalid(
                f"{name} cannot be unpacked: it marks {os.fsdecode(found.path)!r} as deleted",
                hint="names that begin with .wh. and devices 0/0 mean deletions, they cannot be files of an image",
            )
        files += not stat.S_ISDIR(status.st_mode)
        size += status.st_size if stat.S_ISREG(status.st_mode) else 0
        own = attributes.of_status(status, found.xattrs)
        if owner is not None and own != _IMPLIED:
            uid, gid = owner
            wanted = msgspec.structs.replace(own, uid=uid, gid=gid)
            attributes.give_at(os.fsdecode(found.real), wanted, is_link=stat.S_ISLNK(status.st_mode))
    return files, size


def _merge(upper: Upper, view: Union, folder: str, destination: str) -> None:
    """Moves what `folder` holds into `destination`; a folder moves as a whole where there is none yet."""
    for name in sorted(os.listdir(folder)):
        node = Node(f"/{name}", folder, os.lstat(f"{folder}/{name}"))
        path = destination.rstrip("/") + node.path
        if node.is_folder:
            path = view.resolve(path)
            if upper.has_folder(path):
                own = attributes.of(node)
                if own == _IMPLIED:
                    upper.enter(path)
                else:
                    upper.make_folder(path, own)
                _merge(upper, view, node.real, path)
                continue
        upper.adopt(node.real, path)
