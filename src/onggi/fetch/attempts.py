"""Another attempt when one fails in a way that may pass."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from onggi.errors import Unavailable
from onggi.fetch.network import Network
from onggi.solve.ports import Abandoned, Cancel

_LONGEST_PAUSE = 60.0

T = TypeVar("T")


class Temporary(Exception):
    """It failed in a way that may pass; `pause` is what the server asks to wait, in seconds."""

    def __init__(self, message: str, pause: float = 0) -> None:
        super().__init__(message)
        self.pause = pause


def persist(attempt: Callable[[], T], arrived: Callable[[], int], what: str, network: Network, cancel: Cancel) -> T:
    """What the first attempt that succeeds returns. Attempts after which more has `arrived` are not counted.

    Raises Unavailable, which names `what`, when too many in a row raised Temporary; Abandoned.
    """
    failures = 0
    while True:
        before = arrived()
        try:
            return attempt()
        except Temporary as error:
            failures = 1 if arrived() > before else failures + 1
            if failures >= network.attempts:
                raise Unavailable(
                    f"cannot fetch {what}: {error}", hint=f"tried {failures} times in a row; try again later"
                ) from error
            pause = max(error.pause, network.pause_seconds * 2 ** (failures - 1))
            _wait(min(pause, _LONGEST_PAUSE), cancel)


def _wait(seconds: float, cancel: Cancel) -> None:
    woken = threading.Event()
    forget = cancel.add(woken.set)
    woken.wait(seconds)
    forget()
    if cancel.is_set:
        raise Abandoned
