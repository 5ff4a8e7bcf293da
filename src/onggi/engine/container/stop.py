"""End a container, or tell it something by a signal."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from pathlib import Path
from signal import SIGKILL

from onggi.container import signals
from onggi.engine.container.household import Household
from onggi.errors import Conflict
from onggi.linux import attach

_LOOK_SECONDS = 0.5
"""After which one who waits is asked whether to go on."""
_KILLED = 10.0  # seconds in which what gets SIGKILL ends, unless the kernel is in its way


def stop(
    house: Household,
    name: str,
    timeout: int | None,
    signal: str,
    keeps: bool = False,
    between: Callable[[], object] = lambda: None,
) -> None:
    """`keeps`: it is not removed then, as --rm asks, because it will start again."""
    row = house.row(name, or_damaged=True)
    if not house.end(row, signals.stopping(signal or row.spec.stop_signal), keeps):
        return
    grace = row.spec.grace if timeout is None else timeout
    home = house.home(row)
    if not _has_ended(home, inf if grace < 0 else grace, between) and house.end(row, SIGKILL, keeps):
        _has_ended(home, inf, between)
    house.tell(row, "stop")


def _has_ended(home: Path, seconds: float, between: Callable[[], object]) -> bool:
    """Whether it has, in as many seconds."""
    deadline = time.monotonic() + seconds
    while attach.wait(home, min(seconds, _LOOK_SECONDS)) is None:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            return False
        between()
    return True


def kill(house: Household, name: str, signal: str) -> None:
    """As in Docker one that nothing can outlive is waited for, so that what was killed can be removed."""
    row = house.row(name, or_damaged=True)
    number = signals.number(signal)
    ends = number == SIGKILL and row.spec.restart.name == "no" and house.state(row).status == "running"
    if not house.signal(row, number):
        raise Conflict(f"container {row.name} is not running")
    if ends:
        attach.wait(house.home(row), _KILLED)
