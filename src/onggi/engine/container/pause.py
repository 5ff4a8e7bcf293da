"""Freeze a container's processes, and let them go on."""

from __future__ import annotations

from onggi.container.state import Event, advance
from onggi.engine.container.household import Household
from onggi.errors import Conflict
from onggi.linux import attach, frames
from onggi.linux.state import RUNNING


def pause(house: Household, name: str) -> None:
    _ask(house, name, "pause", frames.PAUSE)


def unpause(house: Household, name: str) -> None:
    _ask(house, name, "unpause", frames.UNPAUSE)


def _ask(house: Household, name: str, event: Event, kind: int) -> None:
    """Its monitor knows best; but what it says does not name the container, of which there may be several."""
    row = house.row(name)
    status = house.state(row).status
    if status not in RUNNING:
        raise Conflict(f"container {row.name} is not running")
    advance(status, event, row.name)
    attach.request(house.home(row), kind)
