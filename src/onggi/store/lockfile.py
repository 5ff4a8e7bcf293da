"""Locks that the kernel frees when their holder dies: flock on a file that is there only while held."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator

_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05  # seconds between two tries of a wait that can be given up


def take(path: str, ask: Callable[[], None] | None = None) -> int:
    """A descriptor that holds the lock, waited for. `ask` is called first, and now and then while waiting; what it
    raises ends the wait."""
    if ask is None:
        return _open(path, wait=True)[0]
    pause = _FIRST_PAUSE
    while True:
        ask()
        descriptor = take_free(path)
        if descriptor is not None:
            return descriptor
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def take_free(path: str) -> int | None:
    """A descriptor that holds the lock; None if somebody else holds it."""
    descriptor, is_locked = _open(path, wait=False)
    if is_locked:
        return descriptor
    os.close(descriptor)
    return None


def release(path: str, descriptor: int) -> None:
    """Remove the file, then free the lock: whoever waits on the removed file notices and takes the new one."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    os.close(descriptor)


def seize(path: str) -> int | None:
    """A descriptor that holds a lock whose holder is dead; None if it lives or there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    if _lock(descriptor, wait=False) and _is_still_at(path, descriptor):
        return descriptor
    os.close(descriptor)
    return None


def is_held(path: str) -> bool:
    """Does a living process hold it? Asking never makes a file."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _lock(descriptor, wait=False)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def held(path: str, ask: Callable[[], None] | None = None) -> Iterator[None]:
    """Wait for the lock and keep it."""
    descriptor = take(path, ask)
    try:
        yield
    finally:
        release(path, descriptor)


@contextlib.contextmanager
def handed_over(path: str, descriptor: int) -> Iterator[None]:
    """Keep the lock that the process which started this one holds by `descriptor`; those that we start do not."""
    os.set_inheritable(descriptor, False)
    try:
        yield
    finally:
        release(path, descriptor)


def _open(path: str, wait: bool) -> tuple[int, bool]:
    """A descriptor of the file that is at `path` now, and whether it holds the lock; with `wait` it does."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        is_locked = _lock(descriptor, wait)
        if not is_locked or _is_still_at(path, descriptor):
            return descriptor, is_locked
        os.close(descriptor)  # its holder has removed it while we waited


def _lock(descriptor: int, wait: bool) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def _is_still_at(path: str, descriptor: int) -> bool:
    try:
        named = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(descriptor))
