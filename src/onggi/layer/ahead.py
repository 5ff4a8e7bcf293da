"""Files of a walk, opened before their turn: a disk that is asked for many small files at once has them sooner."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Generator, Iterable
from itertools import islice

from onggi.layer.refusal import refused
from onggi.layer.walk import Found

_FILES = 64
"""Opened one right after the other: what is asked for together the disk can fetch together."""
_BYTES = 1 << 20
"""Of each file: what the kernel fetches of a long one while it is read needs no asking."""


def opened_ahead(entries: Iterable[Found]) -> Generator[tuple[Found, int], None, None]:
    """The entries, each with a descriptor to read it if it is a regular file, else -1. The descriptor is good until the
    next entry is asked for. Close what is left unfinished. Raises what the kernel refuses in the words of errors.py."""
    coming = iter(entries)
    waiting: deque[tuple[Found, int]] = deque()
    try:
        while True:
            if len(waiting) <= _FILES:
                for found in islice(coming, _FILES):
                    waiting.append((found, _open(found) if stat.S_ISREG(found.status.st_mode) else -1))
            if not waiting:
                return
            yield waiting[0]
            _close(*waiting.popleft())
    finally:
        for each in waiting:
            _close(*each)


def _open(found: Found) -> int:
    try:
        descriptor = os.open(found.real, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise refused(repr(os.fsdecode(found.path)), error) from error
    os.posix_fadvise(descriptor, 0, _BYTES, os.POSIX_FADV_WILLNEED)
    return descriptor


def _close(_: Found, descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)
