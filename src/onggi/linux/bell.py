"""Tell many threads at once that something has happened in a folder.

The kernel lets a user have some hundred of the descriptors that tell of it (inotify(7): max_user_instances), and all
of root's programs share them. So a process that follows one folder for many clients has one, and one thread reads it,
for as long as somebody listens.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

from onggi.linux import syscalls
from onggi.linux.changes import INTERVAL


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
            made.leave()
            with self._lock:
                self._listeners.remove(made)
                if self._ringer and not self._listeners:
                    self._ringer.end()
                    self._ringer = None

    @property
    def rings(self) -> bool:
        """Whether the kernel tells; it has no descriptor for everybody."""
        return self._ringer is not None

    def settle(self, seconds: float) -> None:
        """Wait until all who listen have dealt with what happened before. Who is not so quick is not waited for again
        until they have caught up."""
        with self._lock:
            asked = [(listener, listener.ask()) for listener in self._listeners if not listener.is_late]
        deadline = time.monotonic() + seconds
        for listener, number in asked:
            listener.catch_up(number, deadline - time.monotonic())

    def ring(self) -> None:
        with self._lock:
            for listener in self._listeners:
                listener.wake()


class Listener:
    """Of one thread. Who waits again has dealt with what happened before."""

    def __init__(self, bell: Bell) -> None:
        self.is_late = False
        self._bell = bell
        self._is_told = threading.Event()
        self._asked = self._heard = self._done = 0.0  # the number of the last who waits for us: ever, and by then
        self._has_done = threading.Condition()

    def wait(self, seconds: float) -> None:
        """Until something has happened since the last call, or somebody wakes us, but no longer."""
        self._has_dealt_with(self._heard)
        self._is_told.wait(min(seconds, threading.TIMEOUT_MAX if self._bell.rings else INTERVAL))
        self._is_told.clear()
        self._heard = self._asked

    def leave(self) -> None:
        """Nobody waits for us any more."""
        self._has_dealt_with(inf)

    def _has_dealt_with(self, number: float) -> None:
        with self._has_done:
            self._done = number
            self.is_late = self.is_late and number < self._asked
            self._has_done.notify_all()

    def ask(self) -> float:
        """A number for `catch_up`. The caller has the bell's lock."""
        self._asked += 1
        self.wake()
        return self._asked

    def catch_up(self, number: float, seconds: float) -> None:
        """Wait until it has dealt with what happened before the number was given."""
        with self._has_done:
            if not self._has_done.wait_for(lambda: self._done >= number, max(seconds, 0)):
                self.is_late = True

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
