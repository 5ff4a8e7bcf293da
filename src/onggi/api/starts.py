"""Those who wait for a container to start: clients that attach before they start it, so that not a byte is missed. A
start by this server reaches them at once, one by somebody else a moment later."""

from __future__ import annotations

import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket

from onggi.linux import attach

_MOST_AT_START = 240  # that are given to a start as descriptors (SCM_MAX_FD)
_LOOK_SECONDS = 0.5
"""After which one looks whether somebody else has started it."""


class Starts:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, list[socket]] = {}

    def join(self, id: str) -> Waiter:
        """Be attached to the container when it starts."""
        ours, its = attach.pair()
        with self._lock:
            self._waiting.setdefault(id, []).append(its)
        return Waiter(self, id, ours, its)

    @contextmanager
    def clients(self, id: str) -> Iterator[Callable[[], list[socket]]]:
        """Yields a function that hands over the waiting clients. Call it once, when nothing can stop the start any
        more; they are closed at the end of the block. It gives at most 240: the others find out by themselves. As long
        as nobody calls it they go on waiting."""
        taken: list[socket] = []

        def take() -> list[socket]:
            taken.extend(self._take(id))
            return taken

        try:
            yield take
        finally:
            for each in taken:
                each.close()

    def _take(self, id: str) -> list[socket]:
        with self._lock:
            waiting = self._waiting.pop(id, [])
            if rest := waiting[_MOST_AT_START:]:
                self._waiting[id] = rest
            return waiting[:_MOST_AT_START]

    def drop(self, id: str, its: socket) -> bool:
        """False if somebody has taken it."""
        with self._lock:
            waiting = self._waiting.get(id, [])
            if its not in waiting:
                return False
            waiting.remove(its)
            if not waiting:
                del self._waiting[id]
        its.close()
        return True


class Waiter:
    """One that is to be attached; `connection` is its end."""

    def __init__(self, starts: Starts, id: str, connection: socket, its: socket) -> None:
        self.connection = connection
        self._starts = starts
        self._id = id
        self._its = its

    def was_taken(self, peer: int) -> bool:
        """Whether a start reached it; waits a moment for that, or until `peer` hangs up."""
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        poll.register(peer, 0)
        return self.connection.fileno() in [descriptor for descriptor, _ in poll.poll(1000 * _LOOK_SECONDS)]

    def has_lost(self, peer: int) -> bool:
        """Whether it has hung up."""
        poll = select.poll()
        poll.register(peer, 0)
        return bool(poll.poll(0))

    def leave(self) -> bool:
        """Nobody is to take it any more; False if it is too late for that."""
        return self._starts.drop(self._id, self._its)

    def close(self) -> None:
        """Leave, also one that was taken."""
        self.leave()
        self.connection.close()
