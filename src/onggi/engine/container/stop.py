"""End a container, or tell it something by a signal."""

from __future__ import annotations

from signal import SIGKILL

from onggi.container import signals
from onggi.engine.container.household import Household
from onggi.errors import Conflict
from onggi.linux import attach

_LONGEST = 1_000_000  # seconds of grace; more is for ever
_KILLED = 10.0  # seconds in which what gets SIGKILL ends, unless the kernel is in its way


def stop(house: Household, name: str, timeout: int | None, signal: str, keeps: bool = False) -> None:
    """`keeps`: it is not removed then, as --rm asks, because it will start again."""
    row = house.row(name, or_damaged=True)
    if not house.end(row, signals.stopping(signal or row.spec.stop_signal), keeps):
        return
    grace = row.spec.grace if timeout is None else timeout
    is_patient = grace < 0 or grace > _LONGEST
    if attach.wait(house.home(row), None if is_patient else grace) is None and house.end(row, SIGKILL, keeps):
        attach.wait(house.home(row))
    house.tell(row, "stop")


def kill(house: Household, name: str, signal: str) -> None:
    """As in Docker one that nothing can outlive is waited for, so that what was killed can be removed."""
    row = house.row(name, or_damaged=True)
    number = signals.number(signal)
    ends = number == SIGKILL and row.spec.restart.name == "no" and house.state(row).status == "running"
    if not house.signal(row, number):
        raise Conflict(f"container {row.name} is not running")
    if ends:
        attach.wait(house.home(row), _KILLED)
