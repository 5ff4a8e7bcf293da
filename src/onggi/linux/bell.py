"""Tell many threads at once that something has happened in a folder.

The kernel lets a user have some hundred of the descriptors that tell of it (inotify(7): max_user_instances), and all
of root's programs share them. So a process that follows one folder for many clients has one, and one thread reads it,
for as long as somebody listens.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from onggi.linux import syscalls

INTERVAL = 0.1  # seconds between two looks where the kernel does not tell


class Bell:
    """Of a folder and the files right in it. It may ring although nothing has happened."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._ringer: _Ringer | None = None

    @contextmanager
    def listener(self) -> Iterator[Listener]:
        """Who hears of what happens from now on."""
        made = Listener(self)
        with self._lock:
            self._listeners.add(made)
            self._ringer = self._ringer or _ringer(self)
        try:
            yield made
        finally:
            with self._lock:
                self._listeners.remove(made)
                if self._ringer and not self._listeners:
                    self._ringer.end()
                    self._ringer = None

    @property
    def rings(self) -> bool:
        """Whether the kernel tells; it has no descriptor for everybody."""
        return self._ringer is not None

    def ring(self) -> None:
        with self._lock:
            for listener in self._listeners:
                listener.wake()


class Listener:
    """Of one thread."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._is_told = threading.Event()

    def wait(self, seconds: float) -> None:
        """Until something has happened since the last call, or somebody wakes us, but no longer."""
        self._is_told.wait(min(seconds, threading.TIMEOUT_MAX if self._bell.rings else INTERVAL))
        self._is_told.clear()

    def wake(self) -> None:
        """From any thread."""
        self._is_told.set()


class _Ringer:
    """The thread. `told`: its descriptor, which it closes. Raises RuntimeError where there can be no more threads."""

    def __init__(self, bell: Bell, told: int) -> None:
        self._bell = bell
        self._told = told
        self._end = os.eventfd(0, os.EFD_CLOEXEC)
        try:
            threading.Thread(target=self._run, daemon=True).start()
        except RuntimeError:
            os.close(self._end)
            raise

    def end(self) -> None:
        """Once."""
        os.eventfd_write(self._end, 1)

    def _run(self) -> None:
        poll = select.poll()
        for descriptor in (self._told, self._end):
            poll.register(descriptor, select.POLLIN)
        while all(descriptor != self._end for descriptor, _ in poll.poll()):
            os.read(self._told, 65536)
            self._bell.ring()
        os.close(self._told)
        os.close(self._end)


def _ringer(bell: Bell) -> _Ringer | None:
    """None where one cannot be had now."""
    try:
        told = syscalls.watch_folder(bell.folder)
    except OSError:
        return None
    try:
        return _Ringer(bell, told)
    except (OSError, RuntimeError):
        os.close(told)
        return None
