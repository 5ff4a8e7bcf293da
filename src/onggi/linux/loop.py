"""A poll loop: descriptors and what to do when they are ready, moments and what to do when they come."""

from __future__ import annotations

import errno
import os
import select
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket
    from collections.abc import Callable

READ, WRITE, FAILED = select.POLLIN, select.POLLOUT, select.POLLERR
EDGE, PEER_ENDED = select.EPOLLET, select.EPOLLRDHUP
PAUSE = 0.1
"""Seconds until somebody looks again whether there are descriptors and memory."""
_USED_UP = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Timer:
    """A handler that is called once, at `when` by the monotonic clock."""

    def __init__(self, when: float, handler: Callable[[], None]) -> None:
        self.when = when
        self.handler = handler


class Loop:
    """Handlers get the poll events of their descriptor: READ, WRITE, or only POLLHUP and POLLERR when the peer went."""

    def __init__(self) -> None:
        self._poll: select.poll | select.epoll = select.poll()
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._forgotten: set[int] = set()  # since this turn began
        self._timers: list[Timer] = []

    def __contains__(self, descriptor: int) -> bool:
        return descriptor in self._handlers

    def watch(self, descriptor: int, handler: Callable[[int], None], events: int = READ) -> None:
        self._handlers[descriptor] = handler
        self._poll.register(descriptor, events)

    def change(self, descriptor: int, events: int) -> None:
        if descriptor in self._handlers:
            self._poll.modify(descriptor, events)

    def forget(self, *descriptors: int) -> None:
        for descriptor in descriptors:
            if self._handlers.pop(descriptor, None):
                self._poll.unregister(descriptor)
                self._forgotten.add(descriptor)

    def after(self, seconds: float, handler: Callable[[], None]) -> Timer:
        """Call `handler` once, when so much time is over."""
        timer = Timer(time.monotonic() + seconds, handler)
        self._timers.append(timer)
        return timer

    def cancel(self, timer: Timer | None) -> None:
        """It will not be called; nothing if it has been."""
        if timer in self._timers:
            self._timers.remove(timer)

    def turn(self, milliseconds: float | None = None) -> None:
        """Wait until something is ready or due, and handle it. A handler may forget descriptors that are ready too, and
        cancel timers. What was ready is not told to who watches another file by the same number since."""
        if self._timers:
            due = 1000 * max(0.0, min(timer.when for timer in self._timers) - time.monotonic())
            milliseconds = due if milliseconds is None else min(milliseconds, due)
        self._forgotten.clear()
        # poll rounds up, so that what is due is due when it returns
        for descriptor, events in self._wait(milliseconds):
            if descriptor in self._forgotten:
                continue
            if handler := self._handlers.get(descriptor):
                handler(events)
        now = time.monotonic()
        for timer in [timer for timer in self._timers if timer.when <= now]:
            if timer in self._timers:
                self._timers.remove(timer)
                timer.handler()

    def _wait(self, milliseconds: float | None) -> list[tuple[int, int]]:
        return self._poll.poll(milliseconds)


class WideLoop(Loop):
    """For thousands of descriptors: those that are not ready cost nothing. No regular file may be among them, and who
    forks must not use it on both sides. EDGE among the events of a descriptor tells a change once."""

    def __init__(self) -> None:
        super().__init__()
        self._poll = select.epoll()

    def _wait(self, milliseconds: float | None) -> list[tuple[int, int]]:
        return self._poll.poll(None if milliseconds is None else milliseconds / 1000)


class Acceptor:
    """Who connects to `listener`, one after the other: `take` gets the descriptor, which is below `most`. Who comes
    while there are no more waits in the listener's queue, and the loop does not turn for nothing."""

    def __init__(self, loop: Loop, listener: socket, take: Callable[[int], None], most: int | None = None) -> None:
        self._loop = loop
        self._listener = listener
        self._take = take
        self._most = most
        self._pause: Timer | None = None
        listener.setblocking(False)
        self._watch()

    def _watch(self) -> None:
        self._loop.watch(self._listener.fileno(), self._accept)

    def _accept(self, events: int) -> None:
        try:
            has_room = self._most is None or self._next() < self._most
            descriptor = self._listener._accept()[0] if has_room else -1  # type: ignore[attr-defined]
        except OSError as error:
            if error.errno not in _USED_UP:
                return  # who came has gone already
            has_room = False
        if has_room:
            self._take(descriptor)
        else:
            self._loop.forget(self._listener.fileno())
            self._pause = self._loop.after(PAUSE, self._watch)

    def _next(self) -> int:
        """The lowest descriptor that is free: what who comes next gets. Raises OSError."""
        descriptor = os.dup(self._listener.fileno())
        os.close(descriptor)
        return descriptor

    def close(self) -> None:
        self._loop.cancel(self._pause)
        self._loop.forget(self._listener.fileno())
        self._listener.close()


def is_ready(descriptor: int, milliseconds: float | None, events: int = READ) -> bool:
    """Whether `descriptor` can be read, or what else `events` say, or its peer goes, within that time; None: however
    long that takes."""
    poll = select.poll()
    poll.register(descriptor, events)
    return bool(poll.poll(milliseconds))
