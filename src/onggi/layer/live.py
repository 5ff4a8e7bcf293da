"""A tree that others may change while it is read: the file system of a container that runs, or its writable layer.

Nothing is looked up by a path. A folder is opened by its name in the folder above it, links not followed, and stays
open while its entries are read; so whatever a container puts in the place of what was seen, nothing outside of the tree
is ever reached (CVE-2018-15664). What goes away meanwhile is left out.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from onggi.layer.descent import FOLDER
from onggi.layer.refusal import refused
from onggi.layer.walk import Found, find

_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class _Folder(NamedTuple):
    """An open folder, the names in it that are to come, and what its entries' paths begin with."""

    descriptor: int
    names: Iterator[bytes]
    prefix: bytes


def entries(folder: int, name: bytes, path: bytes, closed: frozenset[int] = frozenset()) -> Iterator[Found]:
    """The entry `name` of an open folder ("." is the folder itself), called `path`; then all beneath it, each entry
    after its folder, names by their bytes. Sockets are left out. A folder on one of the devices `closed` (st_dev) is
    not entered, unless the first entry is on that device too.

    An entry's `real` is good until the next entry is asked for. Raises what the kernel refuses in the words of
    errors.py.
    """
    stack: list[_Folder] = []
    try:
        top = _look(folder, name, path)
        if top is None:
            return
        yield top
        closed -= {top.status.st_dev}
        _enter(stack, folder, name, top, closed)
        while stack:
            here = stack[-1]
            for name in here.names:
                path = here.prefix + name
                found = _look(here.descriptor, name, path)
                if found is not None:
                    yield found
                    if _enter(stack, here.descriptor, name, found, closed):
                        break
            else:
                os.close(stack.pop().descriptor)
    except OSError as error:
        raise refused(repr(os.fsdecode(path)), error) from error
    finally:
        for each in stack:
            os.close(each.descriptor)


def opened(found: Found) -> int:
    """A descriptor to read a regular file. What is at its place is looked at before it is opened, since opening a
    device may do something, and a pipe may wait for ever. Raises FileNotFoundError where it is something else by
    now."""
    place = os.open(found.real, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(place).st_mode):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), found.path)
        return os.open(f"/proc/self/fd/{place}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(place)


def is_mounted_on(folder: int, name: bytes) -> bool:
    """Whether anything is mounted on an entry of an open folder, or beneath it. What is mounted in a namespace that is
    not ours goes when its place is removed, and nobody says a word (unlink(2) knows EBUSY for our own mounts only)."""
    own = _mount_of(folder)
    for found in entries(folder, name, name):
        place = os.open(found.real, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if _mount_of(place) != own:
                return True
        finally:
            os.close(place)
    return False


def _mount_of(descriptor: int) -> bytes:
    """The number of the mount that an open file or folder is on: proc(5), /proc/pid/fdinfo."""
    with open(f"/proc/self/fdinfo/{descriptor}", "rb") as facts:
        return next(line for line in facts if line.startswith(b"mnt_id:"))


def _look(folder: int, name: bytes, path: bytes) -> Found | None:
    """None for what is not there any more, and for a socket."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        return None if stat.S_ISSOCK(status.st_mode) else find(path, b"/proc/self/fd/%d/%b" % (folder, name), status)
    except OSError as error:
        if error.errno not in _GONE:
            raise
        return None


def _enter(stack: list[_Folder], parent: int, name: bytes, found: Found, closed: frozenset[int]) -> bool:
    """Opens what was found, if it is a folder to enter."""
    if not stat.S_ISDIR(found.status.st_mode) or found.status.st_dev in closed:
        return False
    try:
        descriptor = os.open(name, FOLDER, dir_fd=parent)
    except OSError as error:
        if error.errno not in _GONE:
            raise
        return False
    names = iter(sorted(map(os.fsencode, os.listdir(descriptor))))
    prefix = found.path if not found.path or found.path.endswith(b"/") else found.path + b"/"
    stack.append(_Folder(descriptor, names, prefix))
    return True
