"""Entries of a tree → a tar, piece by piece as it is asked for.

For trees that are in use: a file is as long as it was when it was opened, and one that goes away before is left out.
Nothing is hashed, and whiteouts have no meaning. What becomes a layer is packed by `pack`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator

from onggi.errors import Conflict
from onggi.layer import live, tar, xattr
from onggi.layer.content import ZEROS, extents
from onggi.layer.heading import KINDS, heading
from onggi.layer.refusal import refused
from onggi.layer.stream_hash import CHUNK
from onggi.layer.walk import Found

_BATCH = 1 << 17  # bytes of headers and small files that are handed on together

Keeps = Callable[[str], bool]


class Pieces:
    """What a generator yields, read as a file: each `read` gives the next piece, whatever size is asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = filter(None, pieces)

    def read(self, size: int = -1) -> bytes:
        return next(self._pieces, b"")


def stream(entries: Iterable[Found], keeps: Keeps = xattr.is_carried) -> Iterator[bytes]:
    """The tar of entries that come as `live.entries` gives them. `keeps` tells by their names which of their extended
    attributes are in it. Raises Conflict for a file that gets shorter while it is read."""
    held: list[bytes] = []
    size = 0
    for piece in _pieces(entries, keeps):
        if len(piece) < _BATCH and size < _BATCH:
            held.append(piece)
            size += len(piece)
            continue
        yield b"".join(held)
        yield piece
        held.clear()
        size = 0
    yield b"".join(held)


def _pieces(entries: Iterable[Found], keeps: Keeps) -> Iterator[bytes]:
    linked: dict[tuple[int, int], bytes] = {}
    for found in entries:
        if found.is_linked and found.inode in linked:
            yield heading(found, tar.HARD_LINK, found.path, link=linked[found.inode])
            continue
        xattrs = {name: value for name, value in found.xattrs.items() if keeps(name)}
        try:
            yield from _whole(found._replace(xattrs=xattrs))
        except FileNotFoundError:
            continue
        if found.is_linked:
            linked[found.inode] = found.path
    yield tar.END


def _whole(found: Found) -> Iterator[bytes]:
    """An entry with what is in it. Raises FileNotFoundError, before anything of it, if it went away."""
    kind = KINDS[stat.S_IFMT(found.status.st_mode)]
    if kind is tar.FILE:
        file = live.opened(found)
        try:
            size = os.fstat(file).st_size
            yield heading(found, kind, found.path, size=size)
            yield from _content(file, size, found)
        finally:
            os.close(file)
    elif kind is tar.SYMLINK:
        yield heading(found, kind, found.path, link=os.readlink(found.real))
    else:
        is_folder = kind is tar.FOLDER and not found.path.endswith(b"/")
        yield heading(found, kind, found.path + b"/" if is_folder else found.path)


def _content(file: int, size: int, found: Found) -> Iterator[bytes]:
    """Holes are not read: a file may have more of them than anyone has time for."""
    at = 0
    try:
        for start, end in extents(file, size):
            yield from _zeros(start - at)
            at = start
            while at < end:
                data = os.pread(file, min(end - at, CHUNK), at)
                if not data:
                    raise Conflict(f"{os.fsdecode(found.path)!r} got shorter while it was read")
                at += len(data)
                yield data
    except OSError as error:
        raise refused(repr(os.fsdecode(found.path)), error) from error
    yield from _zeros(size - at)
    yield tar.PADDING[size % tar.BLOCK]


def _zeros(count: int) -> Iterator[bytes]:
    for _ in range(count // len(ZEROS)):
        yield ZEROS
    yield bytes(count % len(ZEROS))
