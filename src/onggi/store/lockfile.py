"""Locks that the kernel frees when their holder dies: flock on a file that is there only while held."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator

_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05  # seconds between two tries of a wait that can be given up


def acquire(path: str, *, wait: bool = True) -> int | None:
    """A descriptor that holds the lock, or None if another holds it and `wait` is false."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        locked = _lock(descriptor, wait)
        if locked and _is_still_at(path, descriptor):
            return descriptor
        os.close(descriptor)
        if not locked:
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
    """Wait for the lock and keep it. `ask` is called first, and now and then while waiting; what it raises ends it."""
    descriptor = acquire(path) if ask is None else _acquire_unless(path, ask)
    assert descriptor is not None
    try:
        yield
    finally:
        release(path, descriptor)


def _acquire_unless(path: str, ask: Callable[[], None]) -> int:
    pause = _FIRST_PAUSE
    while True:
        ask()
        descriptor = acquire(path, wait=False)
        if descriptor is not None:
            return descriptor
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


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
