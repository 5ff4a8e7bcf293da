"""A folder's entries in canonical order, as a layer's tar and its tree digest list them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from onggi.errors import Unsupported
from onggi.layer import whiteout, xattr
from onggi.layer.refusal import refused


class Found(NamedTuple):
    """One entry. `path` is relative to the walked root (b"" for the root itself), `real` is where it is on this host;
    `xattrs` are the carried ones."""

    path: bytes
    real: bytes
    status: os.stat_result
    xattrs: xattr.Xattrs
    is_opaque: bool = False

    @property
    def inode(self) -> tuple[int, int]:
        return self.status.st_dev, self.status.st_ino

    @property
    def is_linked(self) -> bool:
        """Whether it is a file that may have other names."""
        return self.status.st_nlink > 1 and not stat.S_ISDIR(self.status.st_mode)


# Overlayfs options that leave a layer incomplete without the ones below it: never in a folder that is to be a layer.
_INCOMPLETE = {
    "trusted.overlay.redirect": "redirect_dir",
    "trusted.overlay.metacopy": "metacopy",
}
_FOLDER = stat.S_IFDIR
_SOCKET = stat.S_IFSOCK


def layer_entries(folder: bytes) -> Iterator[Found]:
    """What a layer's tar lists of a folder: all of it, but the root only if it is not what unpacking makes of a root
    that a tar does not mention."""
    return (found for found in walk(folder) if found.path or not is_ordinary(found))


def is_ordinary(root: Found) -> bool:
    """Whether a root says nothing: 0755, root's, without attributes and marks."""
    status = root.status
    owner_and_mode = (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))
    return owner_and_mode == (0, 0, 0o755) and not root.xattrs and not root.is_opaque


def walk(folder: bytes) -> Iterator[Found]:
    """Yields the root, then each entry after its folder, names by their bytes. Sockets are left out: no tar holds them.
    Raises what the kernel refuses in the words of errors.py."""
    try:
        yield from _walk(folder)
    except OSError as error:
        path = os.fsdecode(error.filename or folder).removeprefix(os.fsdecode(folder) + "/")
        raise refused(repr(path), error) from error


def _walk(folder: bytes) -> Iterator[Found]:
    """A loop with a stack, because trees may be deeper than Python recurses."""
    yield find(b"", folder, os.lstat(folder))
    stack = [iter(_scan(folder, b""))]
    while stack:
        for path, entry in stack[-1]:
            status = entry.stat(follow_symlinks=False)
            kind = stat.S_IFMT(status.st_mode)
            if kind == _SOCKET:
                continue
            yield find(path, entry.path, status)
            if kind == _FOLDER:
                stack.append(iter(_scan(entry.path, path + b"/")))
                break
        else:
            stack.pop()


def _scan(folder: bytes, prefix: bytes) -> list[tuple[bytes, os.DirEntry[bytes]]]:
    with os.scandir(folder) as entries:
        return sorted(((prefix + entry.name, entry) for entry in entries), key=_path)


def _path(pair: tuple[bytes, os.DirEntry[bytes]]) -> bytes:
    return pair[0]


def find(path: bytes, real: bytes, status: os.stat_result) -> Found:
    """An entry with its attributes. Raises Unsupported for one that makes no sense without the layers below it."""
    found = xattr.read_all(real)
    if not found:
        return Found(path, real, status, xattr.NONE)
    for name, option in _INCOMPLETE.items():
        if name in found:
            raise Unsupported(f"{os.fsdecode(path)!r} was written by an overlay mounted with {option}")
    is_opaque = found.get(whiteout.OPAQUE_XATTR) == b"y"
    return Found(path, real, status, {n: v for n, v in found.items() if xattr.is_carried(n)}, is_opaque)
