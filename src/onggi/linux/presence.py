"""What tells others that a container runs, in its folder: a lock of its monitor's, and a link to its first process.

The link, `process` → /proc/<pid>, is there from the program's start until just before it is reaped: as long as link and
lock stand, the number is this process's and no other's. Namespaces of the container are found through it, by us and by
OCI runtimes: process/ns/pid. Bare: monitors import it.
"""

from __future__ import annotations

import fcntl
import os
import time

from onggi.container.home import LOCK, PROCESS
from onggi.errors import Conflict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


_LOCK_TRIES = 20


def lock() -> int:
    """From the monitor, in the container's folder: the descriptor that holds its lock. Raises Conflict if another one
    lives."""
    descriptor = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.005)  # someone may be looking whether a monitor lives, with a shared lock
        else:
            return descriptor
    os.close(descriptor)
    raise Conflict("the container is already running")


def seize(path: str) -> int:
    """A descriptor that holds the lock, whose file is there only as long as somebody does; -1 if another has it."""
    descriptor = -1
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.stat(path), os.fstat(descriptor)):
            return descriptor
    except (BlockingIOError, FileNotFoundError):  # the latter: it has just been removed
        pass
    if descriptor >= 0:
        os.close(descriptor)
    return -1


def is_monitored(home: str | os.PathLike[str]) -> bool:
    """Whether a monitor lives for the container."""
    try:
        descriptor = os.open(f"{os.fspath(home)}/{LOCK}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def announce(pid: int) -> None:
    """From its monitor, in the container's folder: this is the first process. On a full disk nobody is told, but it
    runs."""
    withdraw()  # of a monitor that was killed
    try:
        os.symlink(f"/proc/{pid}", PROCESS)
    except OSError:
        pass


def withdraw() -> None:
    """It has ended, or is about to be reaped."""
    try:
        os.unlink(PROCESS)
    except FileNotFoundError:
        pass


def namespace(home: str, kind: str) -> int:
    """A descriptor of a namespace of the container in the folder `home`. Raises Conflict if it does not run."""
    from onggi.linux.inside import open_namespace

    return held(home, lambda process: open_namespace(process, kind))


def held(home: str, find: Callable[[str], int]) -> int:
    """The descriptor that `find` opens of the first process of the container in the folder `home`; it gets the
    process's folder in /proc. Raises Conflict if it does not run."""
    link = os.path.join(home, PROCESS)
    try:
        process = os.readlink(link)
        found = find(process)
    except (FileNotFoundError, ProcessLookupError):
        raise _runs_not(home) from None
    if not is_monitored(home) or not _leads_to(link, process):
        os.close(found)
        raise _runs_not(home)
    return found


def _leads_to(link: str, target: str) -> bool:
    try:
        return os.readlink(link) == target
    except FileNotFoundError:
        return False


def _runs_not(home: str) -> Conflict:
    return Conflict(f"container {os.path.basename(home)[:12]} is not running, so nothing of it can be shared")
