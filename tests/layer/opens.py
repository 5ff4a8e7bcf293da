"""How often the files of a folder are opened, by whatever process: told by the kernel (inotify(7))."""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_OPEN, _ACCESS, _CLOSE, _OVERFLOW = 0x20, 0x01, 0x18, 0x4000
_EVENT = struct.Struct("iIII")
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def listening(*roots: Path) -> Iterator[Callable[[], Counter[str]]]:
    """A function that gives how often each file beneath `roots` was opened since it was last called, by its path within
    its root. Reads and closes are listened to as well: two opens in a row would be told as one."""
    watcher = _libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    assert watcher >= 0, os.strerror(ctypes.get_errno())
    folders: dict[int, tuple[Path, str]] = {}
    try:
        for root in roots:
            for folder, _, _ in os.walk(root):
                number = _libc.inotify_add_watch(watcher, os.fsencode(folder), _OPEN | _ACCESS | _CLOSE)
                assert number >= 0, os.strerror(ctypes.get_errno())
                folders[number] = (root, folder)
        yield lambda: Counter(_opened(watcher, folders))
    finally:
        os.close(watcher)


def _opened(watcher: int, folders: dict[int, tuple[Path, str]]) -> Iterator[str]:
    while data := _read(watcher):
        at = 0
        while at < len(data):
            number, mask, _, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size
            name = os.fsdecode(data[at : at + length].rstrip(b"\0"))
            at += length
            assert not mask & _OVERFLOW, "more happened than the kernel keeps"
            if mask & _OPEN and name:
                root, folder = folders[number]
                path = Path(folder, name)
                if not stat.S_ISDIR(path.lstat().st_mode):
                    yield str(path.relative_to(root))


def _read(watcher: int) -> bytes:
    try:
        return os.read(watcher, 1 << 16)
    except BlockingIOError:
        return b""
