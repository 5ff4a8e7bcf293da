"""Entries of a tree → a tar, piece by piece as it is asked for.

For trees that are in use: a file is as long as it was when it was opened, and one that goes away before is left out.
Nothing is hashed, and whiteouts have no meaning. What becomes a layer is packed by `pack`.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterable, Iterator

from onggi.errors import Conflict
from onggi.layer import live, tar, xattr
from onggi.layer.refusal import refused
from onggi.layer.stream_hash import CHUNK
from onggi.layer.walk import Found

_KINDS = {
    stat.S_IFREG: tar.FILE,
    stat.S_IFDIR: tar.FOLDER,
    stat.S_IFLNK: tar.SYMLINK,
    stat.S_IFCHR: tar.CHARACTER,
    stat.S_IFBLK: tar.DEVICE,
    stat.S_IFIFO: tar.FIFO,
}
_SECOND = 1_000_000_000
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
        status = found.status
        inode = (status.st_dev, status.st_ino)
        is_linked = status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode)
        if is_linked and inode in linked:
            yield _header(found, tar.HARD_LINK, link=linked[inode])
            continue
        xattrs = {name: value for name, value in found.xattrs.items() if keeps(name)}
        try:
            yield from _whole(found._replace(xattrs=xattrs))
        except FileNotFoundError:
            continue
        if is_linked:
            linked[inode] = found.path
    yield tar.END


def _whole(found: Found) -> Iterator[bytes]:
    """An entry with what is in it. Raises FileNotFoundError, before anything of it, if it went away."""
    kind = _KINDS[stat.S_IFMT(found.status.st_mode)]
    if kind is tar.FILE:
        with io.FileIO(live.opened(found)) as file:
            size = os.fstat(file.fileno()).st_size
            yield _header(found, kind, size=size)
            yield from _content(file, size, found)
    else:
        yield _header(found, kind, link=os.readlink(found.real) if kind is tar.SYMLINK else b"")


def _content(file: io.FileIO, size: int, found: Found) -> Iterator[bytes]:
    left = size
    try:
        while left:
            data = file.read(min(left, CHUNK))
            if not data:
                raise Conflict(f"{os.fsdecode(found.path)!r} got shorter while it was read")
            left -= len(data)
            yield data
    except OSError as error:
        raise refused(repr(os.fsdecode(found.path)), error) from error
    yield tar.PADDING[size % tar.BLOCK]


def _header(found: Found, kind: bytes, *, size: int = 0, link: bytes = b"") -> bytes:
    status = found.status
    is_open_ended = kind is tar.FOLDER and not found.path.endswith(b"/")
    return tar.encode(
        tar.Header(
            name=found.path + b"/" if is_open_ended else found.path,
            kind=kind,
            mode=stat.S_IMODE(status.st_mode),
            uid=status.st_uid,
            gid=status.st_gid,
            size=size,
            mtime=status.st_mtime_ns // _SECOND,
            link=link,
            device=status.st_rdev if kind in (tar.CHARACTER, tar.DEVICE) else 0,
            xattrs=xattr.NONE if kind is tar.HARD_LINK else found.xattrs,
        )
    )
