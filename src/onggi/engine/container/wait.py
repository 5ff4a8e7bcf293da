"""Wait for what becomes of a container."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, TypeAlias

from onggi.container.life import RUNNING
from onggi.engine.container.household import Household
from onggi.errors import Conflict, NotFound
from onggi.linux import attach
from onggi.linux.changes import Changes
from onggi.store.containers import ContainerRow

WaitCondition: TypeAlias = Literal["not-running", "next-exit", "removed", "healthy"]
_LOOK_SECONDS = 0.5
"""Between two looks at most, where nothing tells of a change."""
_HEALTH_SECONDS = 0.05
"""Between two looks at one that runs: its folder changes with each line that it writes."""
_LATELY = 10 * 10**9
"""Nanoseconds. Who starts a container and then waits for it may come after it has ended and --rm has removed it."""


def wait(house: Household, name: str, condition: WaitCondition, between: Callable[[], object]) -> int:
    since = time.time_ns() - (_LATELY if condition in _TRUE_OF_WHAT_IS_GONE else 0)
    try:
        return _WAYS[condition](house, house.row(name, or_damaged=True), between)
    except NotFound:
        code = _code_of_gone(house, name, since)
        if code is None:
            raise
        return code


def _code_of_gone(house: Household, name: str, since: int) -> int | None:
    """How the container ended that had this whole ID or name and is gone, by the events of the store; None if that was
    before `since`, or never."""
    from onggi.linux.event_log import read_events

    whose = name.removeprefix("/")
    told = read_events(house.store.events_folder, since)
    deaths = (each.actor for each in told if (each.type, each.action) == ("container", "die"))
    ends = [actor for actor in deaths if whose in (actor.id, actor.attributes.get("name"))]
    if not ends or _is_there(house, ends[-1].id):  # it has another name by now
        return None
    return int(ends[-1].attributes["exitCode"])


def _until_it_ends(house: Household, row: ContainerRow, between: Callable[[], object]) -> int:
    code = _told_code(house, row, between)
    house.row(row.id, or_damaged=True)  # raises when it is removed: a folder that is gone says nothing
    return code


def _told_code(house: Household, row: ContainerRow, between: Callable[[], object]) -> int:
    between()
    while (code := attach.wait(house.home(row), timeout=_LOOK_SECONDS)) is None:
        between()
    return code


def _next_exit(house: Household, row: ContainerRow, between: Callable[[], object]) -> int:
    """It may run for so short a time that nobody sees it run."""
    with Changes(house.home(row)) as changes:
        before = house.state(row).started_at
        while (state := house.state(row)).status not in RUNNING:
            if state.started_at != before:
                return state.exit_code
            between()
            changes.wait(_LOOK_SECONDS)
            house.row(row.id, or_damaged=True)  # raises when it is removed meanwhile
    return _until_it_ends(house, row, between)


def _removed(house: Household, row: ContainerRow, between: Callable[[], object]) -> int:
    """Its folder may be gone before anybody has seen in it how it ended; but who ends says so to all."""
    from onggi.linux.event_log import EventLog

    log = EventLog(house.store.events_folder, from_now=True)
    try:
        with Changes(house.home(row)) as changes:
            code = house.state(row).exit_code
            while _is_there(house, row.id):
                _told_code(house, row, between)
                changes.wait(_LOOK_SECONDS)
        with house.store.containers.lock(row.id):
            pass  # who removes it has told so, too
        ends = [each.actor for each in log.read() if each.action == "die" and each.actor.id == row.id]
    finally:
        log.close()
    return int(ends[-1].attributes["exitCode"]) if ends else code


def _is_there(house: Household, id: str) -> bool:
    try:
        house.store.containers.get(id)
    except NotFound:
        return False
    return True


def _healthy(house: Household, row: ContainerRow, between: Callable[[], object]) -> int:
    if row.spec.health is None:
        raise Conflict(f"container {row.name} has no health check", hint="see `onggi run --help`: --health-cmd")
    while True:
        state = house.state(row)
        if state.status not in RUNNING:
            raise Conflict(f"container {row.name} is not running, so it will not become healthy")
        if state.health and state.health.status == "healthy":
            return 0
        between()
        time.sleep(_HEALTH_SECONDS)


_WAYS = {"not-running": _until_it_ends, "next-exit": _next_exit, "removed": _removed, "healthy": _healthy}
_TRUE_OF_WHAT_IS_GONE = ("not-running", "removed")
