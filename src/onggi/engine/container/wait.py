"""Wait for what becomes of a container."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from onggi.container.life import RUNNING
from onggi.engine.container.household import Household
from onggi.errors import Conflict, NotFound
from onggi.linux import attach
from onggi.store.containers import ContainerRow

WaitCondition: TypeAlias = Literal["not-running", "next-exit", "removed", "healthy"]
_INTERVAL = 0.05  # seconds between two looks


def wait(house: Household, name: str, condition: WaitCondition, pause: Callable[[float], object]) -> int:
    return _WAYS[condition](house, house.row(name, or_damaged=True), pause)


def _until_it_ends(house: Household, row: ContainerRow, pause: Callable[[float], object]) -> int:
    return attach.wait(house.home(row)) or 0


def _next_exit(house: Household, row: ContainerRow, pause: Callable[[float], object]) -> int:
    """It may run for so short a time that nobody sees it run."""
    before = house.state(row).started_at
    while (state := house.state(row)).status not in RUNNING:
        if state.started_at != before:
            return state.exit_code
        pause(_INTERVAL)
        house.row(row.id, or_damaged=True)  # raises when it is removed meanwhile
    return _until_it_ends(house, row, pause)


def _removed(house: Household, row: ContainerRow, pause: Callable[[float], object]) -> int:
    code = _until_it_ends(house, row, pause)
    while True:
        seen = house.state(row).exit_code
        try:
            house.row(row.id, or_damaged=True)
        except NotFound:
            return code  # what was seen may be of a folder that is gone
        code = seen
        pause(_INTERVAL)


def _healthy(house: Household, row: ContainerRow, pause: Callable[[float], object]) -> int:
    if row.spec.health is None:
        raise Conflict(f"container {row.name} has no health check", hint="see `onggi run --help`: --health-cmd")
    while True:
        state = house.state(row)
        if state.status not in RUNNING:
            raise Conflict(f"container {row.name} is not running, so it will not become healthy")
        if state.health and state.health.status == "healthy":
            return 0
        pause(_INTERVAL)


_WAYS = {"not-running": _until_it_ends, "next-exit": _next_exit, "removed": _removed, "healthy": _healthy}
