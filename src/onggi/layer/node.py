"""An entry of a tree of files, whoever has the tree: layers, a build context, an image."""

from __future__ import annotations

import errno
import os
import stat

import msgspec

from onggi.layer.refusal import refused

MAX_LINKS = 40  # as in the kernel: path_resolution(7)
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


def look(real: str) -> os.stat_result | None:
    """What is at a host path, links not followed; None if nothing is, or could be."""
    try:
        return os.lstat(real)
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise refused(real, error) from error


def stack_of(path: str) -> list[str]:
    """The names of a path, the first one last, to be taken off one by one; what says nothing is left out."""
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]


class Node(msgspec.Struct, frozen=True, gc=False):
    """An entry of a tree. `path` is canonical and absolute within the tree, `root` the host folder that holds it."""

    path: str
    root: str
    stat: os.stat_result

    @property
    def real(self) -> str:
        """Where the entry is on the host."""
        return self.root + self.path

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.stat.st_mode)

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.stat.st_mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.stat.st_mode)
