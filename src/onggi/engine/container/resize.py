"""The size of a container's terminal."""

from __future__ import annotations

from onggi.engine.container.household import Household
from onggi.errors import Conflict
from onggi.linux import attach, frames


def resize(house: Household, name: str, rows: int, columns: int) -> None:
    row = house.row(name)
    if house.state(row).status not in ("running", "paused"):
        raise Conflict(f"container {row.name} is not running", hint="start it first")
    attach.tell(house.home(row), frames.RESIZE, frames.SIZE.pack(rows, columns))
