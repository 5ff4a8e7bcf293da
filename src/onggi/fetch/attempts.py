"""Another attempt when one fails in a way that may pass."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from onggi.amounts import human_duration
from onggi.errors import Unavailable
from onggi.fetch.network import Network
from onggi.solve.ports import Abandoned, Cancel

_LONGEST_PAUSE = 60.0

T = TypeVar("T")


class Temporary(Exception):
    """It failed in a way that may pass.

    pause: what the server asks to wait, in seconds. most: how many attempts in a row it is worth, where that is fewer
    than usual: 1 for what waiting does not mend. hint: the way on, where that is not to try again later."""

    def __init__(self, message: str, pause: float = 0, *, most: int | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.pause = pause
        self.most = most
        self.hint = hint


class GivenUp(Unavailable):
    """Another attempt is not worth while: there were enough of them, or waiting does not mend it."""


class Attempts:
    """The attempts to do `verb` to `what`: whether there is another one after each that failed."""

    def __init__(self, what: str, network: Network, cancel: Cancel, verb: str = "fetch") -> None:
        self._what = f"{verb} {what}"
        self._network = network
        self._cancel = cancel
        self._failures = 0
        self._arrived = 0

    def failed(self, error: Temporary, arrived: int) -> None:
        """Waits for the next one; `arrived`: bytes up to now. Raises GivenUp when too many in a row brought next to
        nothing, or the server wants to be left alone for long; Abandoned."""
        network = self._network
        self._failures = 1 if arrived - self._arrived >= network.least else self._failures + 1
        self._arrived = arrived
        if error.pause > _LONGEST_PAUSE:
            hint = f"it asks to be left alone for {human_duration(error.pause)}"
            raise GivenUp(f"cannot {self._what}: {error}", hint=hint) from error
        if self._failures >= min(network.attempts, error.most or network.attempts):
            hint = error.hint or f"{_tried(self._failures)}; try again later"
            raise GivenUp(f"cannot {self._what}: {error}", hint=hint) from error
        pause = max(error.pause, network.pause_seconds * 2 ** (self._failures - 1))
        _wait(min(pause, _LONGEST_PAUSE), self._cancel)


def persist(
    attempt: Callable[[], T],
    arrived: Callable[[], int],
    what: str,
    network: Network,
    cancel: Cancel,
    verb: str = "fetch",
) -> T:
    """What the first attempt that succeeds returns. Raises as Attempts do."""
    attempts = Attempts(what, network, cancel, verb)
    while True:
        try:
            return attempt()
        except Temporary as error:
            attempts.failed(error, arrived())


def _tried(count: int) -> str:
    return "tried once" if count == 1 else f"tried {count} times in a row"


def _wait(seconds: float, cancel: Cancel) -> None:
    woken = threading.Event()
    forget = cancel.add(woken.set)
    woken.wait(seconds)
    forget()
    if cancel.is_set:
        raise Abandoned
