"""Filling an empty folder that others may have mounted meanwhile: in the end with all or with nothing, whenever the
process is killed.

The folder must stay the same one, so no other can be renamed into its place. What comes into it is made whole in a
draft, which is then renamed to `.onggi-new`; from there its entries are moved, one by one. Who finds an `.onggi-new`
goes on with that, who finds another draft removes it. All of this happens in `place`, a folder on the same file system:
the target itself, or one beside it. Whoever calls any of this holds a lock that is the place's.

Who may write in the place may put something else under our names, but cannot get into what is ours: folders of this
user, with mode 0700. So what is not like that is left alone, and what is written goes by an open descriptor.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection

from onggi.layer import attributes, removal, xattr

_OURS, _NEW, _TREE = ".onggi-", ".onggi-new", "tree"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def is_empty(target: str, besides: Collection[str] = ()) -> bool:
    """Has nobody put anything into it, but for what is called one of `besides`? True also where there is no folder."""
    try:
        return all(name.startswith(_OURS) or name in besides for name in os.listdir(target))
    except FileNotFoundError:
        return True


def is_due(place: str) -> bool:
    """Was a filling begun that is to be completed? Not if it is complete, and its draft was being removed."""
    return _is_ours(f"{place}/{_NEW}") and os.path.isdir(f"{place}/{_NEW}/{_TREE}")


def fill(place: str, target: str, write: Callable[[str], None]) -> None:
    """Put into `target` all that `write` makes in the empty folder that it is given, which has the target's owner, mode
    and times in the end. Raises OSError, and what `write` raises."""
    sweep(place)
    draft = f"{place}/{_OURS}{os.urandom(8).hex()}"
    os.mkdir(draft, 0o700)
    try:
        descriptor = os.open(draft, _FOLDER | os.O_NOFOLLOW)
        try:
            os.mkdir(_TREE, dir_fd=descriptor)
            write(f"/proc/self/fd/{descriptor}/{_TREE}")
        finally:
            os.close(descriptor)
        os.rename(draft, f"{place}/{_NEW}")
    except BaseException:
        removal.remove(draft)
        raise
    complete(place, target)


def complete(place: str, target: str) -> bool:
    """Go on where a killed process stopped; False if it had not come to that."""
    begun = is_due(place)
    if begun:
        _move(f"{place}/{_NEW}/{_TREE}", target)
    sweep(place)
    return begun


def sweep(place: str) -> None:
    """Remove what killed processes have left."""
    for path in leftovers(place):
        removal.remove(path)


def leftovers(place: str) -> list[str]:
    """The paths of what killed processes have left."""
    try:
        names = [name for name in os.listdir(place) if name.startswith(_OURS)]
    except FileNotFoundError:
        return []
    return [path for name in names if _is_ours(path := f"{place}/{name}")]


def _is_ours(path: str) -> bool:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return False
    return status.st_mode == stat.S_IFDIR | 0o700 and status.st_uid == os.geteuid()


def _move(source: str, target: str) -> None:
    ours, theirs = os.open(source, _FOLDER | os.O_NOFOLLOW), os.open(target, _FOLDER)
    try:
        wanted = attributes.of_status(os.fstat(ours), xattr.read(ours))  # before the moves, which change its time
        there = set(os.listdir(theirs))
        for name in os.listdir(ours):
            if name not in there:  # else somebody was quicker, and it is theirs
                os.rename(name, name, src_dir_fd=ours, dst_dir_fd=theirs)
        attributes.give(theirs, wanted)
    finally:
        os.close(ours)
        os.close(theirs)
