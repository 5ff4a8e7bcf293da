"""What ties a container's companions (port keeper, resolver) to its monitor: two pipes with names for each, in the
container's folder.

    NAME.life   the monitor holds the end that is written to, the companion one that is read: its end is that of the
                companion, however the monitor ends. Written is what the companion is told, by whoever wants something
    NAME.kept   the other way round: the monitor hears when the companion has let go of everything

Who starts a companion, at first or again, opens what it needs by name. Bare: monitors import it.
"""

from __future__ import annotations

import os
import select
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from onggi.linux.loop import Loop

PATIENCE = 2.0
"""Seconds that a companion has to end; then who waits goes on without it."""
MEND_SECONDS = 1.0
"""Between a companion's end and what is done about it. If that was to no avail it is done again, after twice the time
each time; and half of it is chance, for whoever kills one resolver ends the companion of many."""
MOST_MEND_SECONDS = 60.0
MEND_LOCK_DESCRIPTOR = 3
"""By which who mends holds the lock that the monitor took."""
_PIPE_BUFFER = 4096
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC


def make(home: str, companions: Iterable[str]) -> None:
    """Their pipes, new ones: nobody has an old one open who counts."""
    remove(home, companions)
    for path in _paths(home, companions):
        os.mkfifo(path, 0o600)


def remove(home: str, companions: Iterable[str]) -> None:
    """The pipes of companions that nobody needs, or that come anew."""
    for path in _paths(home, companions):
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass


def _paths(home: str, companions: Iterable[str]) -> list[str]:
    return [f"{home}/{name(companion)}" for companion in companions for name in (life, kept)]


def life(companion: str) -> str:
    return f"{companion}.life"


def kept(companion: str) -> str:
    return f"{companion}.kept"


def hold(home: str, name: str) -> int:
    """The end of a pipe by which one lives as long as the descriptor is open."""
    return os.open(f"{home}/{name}", os.O_RDWR | _FLAGS)


def watch(home: str, name: str) -> int:
    """The end of a pipe that ends with the last who holds the other."""
    return os.open(f"{home}/{name}", os.O_RDONLY | _FLAGS)


def listen(home: str, companion: str) -> int:
    """The companion's end of its `life`. What an earlier one was told and did not hear is gone."""
    descriptor = watch(home, life(companion))
    try:
        while os.read(descriptor, _PIPE_BUFFER):
            pass
    except BlockingIOError:
        pass
    return descriptor


def lives(home: str, companion: str) -> bool:
    """Whether it holds on to anything."""
    try:
        descriptor = watch(home, kept(companion))
    except FileNotFoundError:
        return False
    try:
        return not _is_let_go(descriptor)
    finally:
        os.close(descriptor)


def tell(home: str, companion: str, message: bytes) -> None:
    """`message` has at most 4096 bytes (PIPE_BUF), so it comes whole. Nobody hears it if the companion has ended."""
    descriptor = os.open(f"{home}/{life(companion)}", os.O_RDWR | _FLAGS)
    try:
        os.write(descriptor, message)
    finally:
        os.close(descriptor)


def await_end(home: str, companion: str) -> None:
    """Returns when it has let go of everything, or its time is over."""
    try:
        descriptor = watch(home, kept(companion))
    except FileNotFoundError:
        return
    try:
        _await({descriptor})
    finally:
        os.close(descriptor)


class _Tie:
    """To one companion: the ends of its pipes that are the monitor's. `delay` are seconds until it is mended."""

    def __init__(self, companion: str) -> None:
        self.life = hold(".", life(companion))
        self.kept = watch(".", kept(companion))
        self.delay = MEND_SECONDS


class Lifeline:
    """The monitor's side, in the container's folder. `mend` is called when a companion has ended before its time."""

    def __init__(self, loop: Loop, companions: Iterable[str], mend: Callable[[], None]) -> None:
        self._loop = loop
        self._mend = mend
        self._ties: dict[str, _Tie] = {}
        self.keep(companions)

    def keep(self, companions: Iterable[str]) -> None:
        """Those that are to live from now on. The others are to end, and may take their time."""
        wanted = set(companions)
        for name in self._ties.keys() - wanted:
            tie = self._ties.pop(name)
            self._loop.forget(tie.kept)
            os.close(tie.life)
            os.close(tie.kept)
        for name in wanted - self._ties.keys():
            self._ties[name] = tie = _Tie(name)
            self._watch(name, tie)
            if _is_let_go(tie.kept):  # which no poll tells where nobody has held it since
                self._lose(name, tie)

    def _watch(self, name: str, tie: _Tie) -> None:
        self._loop.watch(tie.kept, lambda events: self._lose(name, tie), 0)  # the end is told in any case

    def _lose(self, name: str, tie: _Tie) -> None:
        self._loop.forget(tie.kept)
        self._look_after(name, tie)

    def _look_after(self, name: str, tie: _Tie) -> None:
        chance = os.urandom(1)[0] / 255
        self._loop.after(tie.delay * (0.5 + 0.5 * chance), lambda: self._look_again(name, tie))
        tie.delay = min(2 * tie.delay, MOST_MEND_SECONDS)

    def _look_again(self, name: str, tie: _Tie) -> None:
        if self._ties.get(name) is not tie:
            return
        if _is_let_go(tie.kept):
            self._mend()
            self._look_after(name, tie)
            return
        tie.delay = MEND_SECONDS
        self._watch(name, tie)

    def end(self) -> None:
        """Returns when nothing is left of the container's network: what it had of the host is free again."""
        ties, self._ties = list(self._ties.values()), {}
        for tie in ties:
            self._loop.forget(tie.kept)
            os.close(tie.life)
        _await({tie.kept for tie in ties})


def _await(descriptors: set[int]) -> None:
    """Until the other end of all of them is closed, for a while."""
    poll = select.poll()
    waiting = {each for each in descriptors if not _is_let_go(each)}
    for descriptor in waiting:
        poll.register(descriptor, 0)
    ends = time.monotonic() + PATIENCE
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
