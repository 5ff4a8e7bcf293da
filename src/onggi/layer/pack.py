"""Folder → canonical tar and its digests, in one pass.

The same tree gives the same bytes on any machine: entries in walk order, headers as in `tar`. A folder in overlay form
has its whiteouts written as the OCI image spec has them. A file's bytes are read once and hashed twice, for the diff ID
and for the tree digest; long streams are hashed for the diff ID by a thread of their own.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable
from contextlib import closing

import msgspec

from onggi.errors import Conflict, Invalid
from onggi.layer import tar, treedigest, whiteout
from onggi.layer.ahead import opened_ahead
from onggi.layer.heading import KINDS, heading
from onggi.layer.refusal import refused
from onggi.layer.stream_hash import CHUNK, StreamHash
from onggi.layer.walk import Found, layer_entries
from onggi.oci.digest import Digest, of_hash
from onggi.solve.result import LayerRef

Write = Callable[[bytes], object]


class Packed(msgspec.Struct, frozen=True):
    """A layer's tar in numbers. size: bytes of the uncompressed tar. file_bytes: its files, hard links once."""

    diff_id: Digest
    tree_digest: Digest
    size: int
    entries: int
    file_bytes: int

    @property
    def ref(self) -> LayerRef:
        """The layer as the store knows it."""
        return LayerRef(self.diff_id, self.tree_digest, self.size)


def pack(folder: str, write: Write | None = None) -> Packed:
    """Streams the tar of a folder in overlay form to `write`; without it only hashes.

    The root itself is an entry only if it is out of the ordinary (see `layer_entries`). Raises Invalid for a name that
    means a whiteout, Conflict for a file that changes meanwhile.
    """
    return pack_entries(layer_entries(os.fsencode(folder)), write)


def pack_entries(entries: Iterable[Found], write: Write | None = None) -> Packed:
    """As `pack`, for entries in walk order from anywhere."""
    with StreamHash() as stream:
        return _Packer(stream, write).pack(entries)


class _Packer:
    """The state of one pass: the tar's bytes not yet flushed, the tree's hash, and the hard links seen."""

    def __init__(self, stream: StreamHash, write: Write | None) -> None:
        self._stream = stream
        self._write = write
        self._pieces: list[bytes] = []
        self._held = 0
        self._linked: dict[tuple[int, int], tuple[bytes, str]] = {}
        self._entries = 0
        self._file_bytes = 0

    def pack(self, entries: Iterable[Found]) -> Packed:
        tree = hashlib.sha256()
        with closing(opened_ahead(entries)) as opened:
            for found, file in opened:
                content = self._add(found, file)
                tree.update(treedigest.record_of(found, content))
        self._put(tar.END)
        self._flush()
        return Packed(
            diff_id=self._stream.digest(),
            tree_digest=of_hash(tree),
            size=self._stream.size,
            entries=self._entries,
            file_bytes=self._file_bytes,
        )

    def _add(self, found: Found, file: int) -> str:
        """Writes one entry; returns the hex sha256 of the content of a regular file, which is open, else nothing."""
        path, status = found.path, found.status
        self._entries += 1
        folder, _, name = path.rpartition(b"/")
        if name.startswith(whiteout.PREFIX):
            raise Invalid(
                f"{os.fsdecode(path)!r} cannot be in a layer: names that begin with .wh. say that a file was removed"
            )
        if whiteout.is_whiteout(status):  # overlayfs links all its whiteouts to one inode, but they are not one file
            return self._add_mark(folder, whiteout.PREFIX + name)
        if found.is_linked:
            return self._add_linked(found, file)
        return self._add_whole(found, file)

    def _add_linked(self, found: Found, file: int) -> str:
        if found.inode in self._linked:
            first, content = self._linked[found.inode]
            self._put(heading(found, tar.HARD_LINK, found.path, link=first))
        else:
            content = self._add_whole(found, file)
            self._linked[found.inode] = (found.path, content)
        return content

    def _add_whole(self, found: Found, file: int) -> str:
        status = found.status
        if stat.S_ISREG(status.st_mode):
            return self._add_file(found, file)
        kind = KINDS[stat.S_IFMT(status.st_mode)]
        if kind is tar.FOLDER:
            self._put(heading(found, kind, found.path + b"/" if found.path else b"./"))
            if found.is_opaque:
                self._entries += 1
                self._add_mark(found.path, whiteout.OPAQUE)
        elif kind is tar.SYMLINK:
            self._put(heading(found, kind, found.path, link=os.readlink(found.real)))
        else:
            self._put(heading(found, kind, found.path))
        return ""

    def _add_mark(self, folder: bytes, name: bytes) -> str:
        """A whiteout in its tar form: an empty file whose mode, owner and time say nothing."""
        path = folder + b"/" + name if folder else name
        self._put(tar.encode(tar.Header(name=path, kind=tar.FILE)))
        return ""

    def _add_file(self, found: Found, file: int) -> str:
        size = found.status.st_size
        self._file_bytes += size
        self._put(heading(found, tar.FILE, found.path, size=size))
        if size >= CHUNK:
            return self._add_long(found, file)
        data = _read(found, file, size + 1)
        if len(data) != size:
            raise _changed(found)
        self._put(data)
        self._put(tar.PADDING[size % tar.BLOCK])
        return hashlib.sha256(data).hexdigest()

    def _add_long(self, found: Found, file: int) -> str:
        left = found.status.st_size
        state = hashlib.sha256()
        while left >= 0 and (data := _read(found, file, CHUNK)):
            left -= len(data)
            self._put(data)
            state.update(data)
        if left:
            raise _changed(found)
        self._put(tar.PADDING[found.status.st_size % tar.BLOCK])
        return state.hexdigest()

    def _put(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._held += len(piece)
        if self._held >= CHUNK:
            self._flush()

    def _flush(self) -> None:
        block = b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        self._stream.update(block)
        if self._write is not None:
            self._write(block)


def _read(found: Found, file: int, size: int) -> bytes:
    try:
        return os.read(file, size)
    except OSError as error:
        raise refused(repr(os.fsdecode(found.path)), error) from error


def _changed(found: Found) -> Conflict:
    return Conflict(f"{os.fsdecode(found.path)!r} changed while it was being packed")
