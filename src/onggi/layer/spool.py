"""Many small contents in one file: written and read back without a file for each."""

from __future__ import annotations

import os
import threading

from onggi.layer.content import write_all

_KEPT = 4 << 20
"""Bytes that stay in memory: a context of ordinary source code never touches the disk."""


class Spool:
    """Keeps what was added last in memory, and the rest in a file at `path`, which is made when it is needed. For many
    threads. The caller removes the file, after `close`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = -1
        self._size = 0  # of all that was added
        self._written = 0  # of what is in the file
        self._kept: dict[int, bytes] = {}  # by where it will be in the file
        self._lock = threading.Lock()

    def add(self, data: bytes) -> int:
        """Where it is kept. Raises OSError."""
        with self._lock:
            if self._size + len(data) > self._written + _KEPT:
                self._write()
            at = self._size
            self._size += len(data)
            self._kept[at] = data
            return at

    def read(self, at: int, size: int) -> bytes:
        """What was added; `at` is where it is kept. Raises OSError."""
        with self._lock:
            if at >= self._written:
                return self._kept[at][:size]  # what is empty is where the next is
        return os.pread(self._descriptor, size, at)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self) -> None:
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        write_all(self._descriptor, list(self._kept.values()))
        self._written = self._size
        self._kept.clear()
