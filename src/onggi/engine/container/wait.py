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
_PATIENCE = 0.5  # seconds after which `pause` is called though nothing has changed


def wait(house: Household, name: str, condition: WaitCondition, pause: Callable[[float], object]) -> int:
    return _WAYS[condition](house, house.row(name, or_damaged=True), pause)


def _until_it_ends(house: Household, row: ContainerRow, pause: Callable[[float], object]) -> int:
    while (code := attach.wait(house.home(row), timeout=_PATIENCE)) is None:
        pause(0)
    return code


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
    """Its folder may be gone before anybody has seen in it how it ended; but who ends says so to all."""
    from onggi.linux.event_log import EventLog

    log = EventLog(house.store.events_folder, from_now=True)
    try:
        code = house.state(row).exit_code
        while _is_there(house, row):
            _until_it_ends(house, row, pause)
            pause(_INTERVAL)
        ends = [each.actor for each in log.read() if each.action == "die" and each.actor.id == row.id]
    finally:
        log.close()
    return int(ends[-1].attributes["exitCode"]) if ends else code


def _is_there(house: Household, row: ContainerRow) -> bool:
    try:
        house.store.containers.get(row.id)
    except NotFound:
        return False
    return True


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
