"""Freeze a container's processes, and let them go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from onggi.container.life import RUNNING, advance
from onggi.engine.container.household import Household
from onggi.errors import Conflict
from onggi.linux import attach, frames

if TYPE_CHECKING:
    from onggi.container.life import Event
    from onggi.store.containers import ContainerRow


def pause(house: Household, name: str) -> None:
    _ask(house, name, "pause", frames.PAUSE)


def unpause(house: Household, name: str) -> None:
    _ask(house, name, "unpause", frames.UNPAUSE)


@contextmanager
def paused(house: Household, row: ContainerRow) -> Iterator[None]:
    """As long as the block lasts: whoever is killed in it lets the container go on. As `pause`."""
    _require(house, row, "pause")
    with attach.pause(house.home(row)):
        yield


def _ask(house: Household, name: str, event: Event, kind: int) -> None:
    row = house.row(name)
    _require(house, row, event)
    attach.request(house.home(row), kind)


def _require(house: Household, row: ContainerRow, event: Event) -> None:
    """Its monitor knows best; but what it says does not tell the container's name, of which there may be several."""
    status = house.state(row).status
    if status not in RUNNING:
        raise Conflict(f"container {row.name} is not running")
    advance(status, event, row.name)
