"""What ties a container's companions (port keeper, resolvers) to its monitor: pipes with names, in its folder.

    life        the monitor holds the end that is written to, each companion one that is read: its end is theirs,
                however the monitor ends
    NAME.kept   the other way round, one for each companion: the monitor hears when that has let go of everything

Nothing is ever written. Who starts a companion, at first or again, opens what it needs by name. Bare: monitors import it.
"""

from __future__ import annotations

import os
import select
import time

from onggi.container.home import LIFE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from onggi.linux.loop import Loop

PATIENCE = 2.0
"""Seconds that a companion has to end; then who waits goes on without it."""
_MEND_SECONDS = 1.0
"""Between a companion's end and what is done about it, and again if that was to no avail."""
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC


def make(home: str, companions: Sequence[str]) -> None:
    """The pipes, new ones: nobody has an old one open who counts."""
    for name in (LIFE, *map(kept, companions)):
        path = f"{home}/{name}"
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass
        os.mkfifo(path, 0o600)


def hold(home: str, name: str) -> int:
    """The end of a pipe by which one lives as long as the descriptor is open."""
    return os.open(f"{home}/{name}", os.O_RDWR | _FLAGS)


def watch(home: str, name: str) -> int:
    """The end of a pipe that ends with the last who holds the other."""
    return os.open(f"{home}/{name}", os.O_RDONLY | _FLAGS)


def kept(companion: str) -> str:
    return f"{companion}.kept"


class Lifeline:
    """The monitor's side, in the container's folder. `mend` is called when a companion has ended before its time."""

    def __init__(self, loop: Loop, companions: Sequence[str], mend: Callable[[], None]) -> None:
        self._loop = loop
        self._mend = mend
        self._life = hold(".", LIFE)
        self._kept = [watch(".", kept(name)) for name in companions]
        for descriptor in self._kept:
            self._watch(descriptor)

    def _watch(self, descriptor: int) -> None:
        def lose(events: int) -> None:
            self._loop.forget(descriptor)
            self._loop.after(_MEND_SECONDS, again)

        def again() -> None:
            if descriptor in self._kept:
                if not _is_let_go(descriptor):
                    self._watch(descriptor)
                    return
                self._mend()
                self._loop.after(_MEND_SECONDS, again)

        self._loop.watch(descriptor, lose, 0)  # the end is told in any case

    def end(self) -> None:
        """Returns when nothing is left of the container's network: what it had of the host is free again."""
        os.close(self._life)
        poll = select.poll()
        waiting, self._kept = set(self._kept), []
        for descriptor in waiting:
            self._loop.forget(descriptor)
            poll.register(descriptor, 0)
        ends = time.monotonic() + PATIENCE
        waiting = {each for each in waiting if not _is_let_go(each)}
        while waiting and (left := ends - time.monotonic()) > 0:
            for descriptor, _ in poll.poll(1000 * left):
                poll.unregister(descriptor)
                waiting.discard(descriptor)


def _is_let_go(descriptor: int) -> bool:
    """Nobody holds the other end; a poll tells that only where somebody had."""
    try:
        return not os.read(descriptor, 1)
    except BlockingIOError:
        return False
