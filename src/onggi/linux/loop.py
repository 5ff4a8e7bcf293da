"""A poll loop: descriptors and what to do when they are ready."""

from __future__ import annotations

import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

READ, WRITE = select.POLLIN, select.POLLOUT


class Loop:
    """Handlers get the poll events of their descriptor: READ, WRITE, or only POLLHUP and POLLERR when the peer went."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._handlers: dict[int, Callable[[int], None]] = {}

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

    def turn(self, milliseconds: int | None = None) -> None:
        """Wait until something is ready, and handle it. A handler may forget descriptors that are ready too."""
        for descriptor, events in self._poll.poll(milliseconds):
            if handler := self._handlers.get(descriptor):
                handler(events)


def is_ready(descriptor: int, milliseconds: float) -> bool:
    """Whether `descriptor` can be read, or its peer goes, within that time."""
    poll = select.poll()
    poll.register(descriptor, READ)
    return bool(poll.poll(milliseconds))
