"""Who holds a group's folder, and what becomes of one that nobody holds (see __init__.py)."""

from __future__ import annotations

import errno
import fcntl
import os
import time

from onggi.errors import Conflict, Denied, OnggiError, Unavailable
from onggi.linux.cgroup.files import read, with_descendants
from onggi.linux.cgroup.places import Hierarchies, find
from onggi.linux.cgroup.version1 import Version1
from onggi.linux.cgroup.version2 import Version2

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


TRIES, TRY_SECONDS = 10, 0.002
"""A sweep holds a lock for microseconds; who uses the group, for as long as it is used."""


def hold(folder: str) -> int:
    """Make a group's folder and lock it; gives the descriptor that holds the lock. A sweep may look at the folder, or
    take it, in between; then it is tried or made again."""
    tries = 0
    while True:
        try:
            os.makedirs(folder, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise refused(folder, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, folder):
                return descriptor
        except BlockingIOError:
            tries += 1
            if tries == TRIES:
                os.close(descriptor)
                raise Conflict(f"the cgroup {folder} is in use by another process") from None
            time.sleep(TRY_SECONDS)
        os.close(descriptor)


def _is_at(descriptor: int, folder: str) -> bool:
    """Whether the folder that was opened is still the one of this name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(folder))
    except FileNotFoundError:
        return False


def remove(folder: str) -> bool:
    """Remove a group's folder, with the groups that its processes have made below it. False while one has a process."""
    for each in with_descendants(folder):
        try:
            os.rmdir(each)
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True


def abandoned(where: Hierarchies | None = None) -> list[str]:
    """The folders of empty groups that nobody holds: the process that did was killed."""
    found = []
    for folder, descriptor in _unheld(where or find()):
        if not read(f"{folder}/cgroup.procs"):
            found.append(folder)
        os.close(descriptor)
    return found


def sweep(where: Hierarchies | None = None) -> list[str]:
    """Remove what is abandoned and empty; returns the folders. What is abandoned and has processes is ended, and
    removed the next time: most processes of a container end with its first one, but not those of one on the host's pid
    namespace."""
    removed = []
    for folder, descriptor in _unheld(where or find()):
        if remove(folder):
            removed.append(folder)
        else:
            _end(folder)
        os.close(descriptor)
    return removed


def _end(folder: str) -> None:
    is_version_2 = os.path.exists(f"{folder}/cgroup.controllers")
    (Version2(folder) if is_version_2 else Version1({"": folder})).kill()


def _unheld(where: Hierarchies) -> Iterator[tuple[str, int]]:
    """Groups' folders that could be locked just now, with the descriptor that holds the lock. Who holds a group holds
    all its folders, the first one first: of those that are in use only that one is tried."""
    for folders in _groups(where):
        for folder in folders:
            try:
                descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                break
            if _is_at(descriptor, folder):
                yield folder, descriptor
            else:
                os.close(descriptor)  # another sweep took it, and who made it again holds the new one


def _groups(where: Hierarchies) -> Iterable[list[str]]:
    """The folders of each group that is there, in the order in which they are made."""
    groups: dict[str, list[str]] = {}
    for parent in dict.fromkeys((where.unified, *where.legacy.values())):
        try:
            names = [entry.name for entry in os.scandir(parent) if entry.is_dir()] if parent else []
        except FileNotFoundError:
            continue
        for name in names:
            groups.setdefault(name, []).append(f"{parent}/{name}")
    return groups.values()


def refused(folder: str, error: OSError) -> OnggiError:
    """Why a group cannot be made at `folder`."""
    if error.errno == errno.EBUSY:
        return Denied(
            f"the cgroup above {folder} has processes of its own, so its controllers cannot be shared",
            hint="move them into a group below it first",
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return Denied(
            f"the cgroup {folder} cannot be made: {error.strerror}",
            hint="run as root on the host, or in a container whose /sys/fs/cgroup is writable",
        )
    return Unavailable(f"the cgroup {folder} cannot be made: {error.strerror}")
