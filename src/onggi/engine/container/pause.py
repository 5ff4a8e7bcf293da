"""Freeze a container's processes, and let them go on."""

from __future__ import annotations

from onggi.engine.container.household import Household
from onggi.errors import Conflict
from onggi.linux import attach, frames


def pause(house: Household, name: str) -> None:
    _ask(house, name, frames.PAUSE)


def unpause(house: Household, name: str) -> None:
    _ask(house, name, frames.UNPAUSE)


def _ask(house: Household, name: str, kind: int) -> None:
    row = house.row(name)
    if not house.is_running(row):
        raise Conflict(f"container {row.name} is not running")
    attach.request(house.home(row), kind)
