"""Remove a container, and all that is its own."""

from __future__ import annotations

from signal import SIGKILL

from onggi.container.state import advance
from onggi.engine.container.household import Household
from onggi.linux import attach


def remove(house: Household, name: str, force: bool = False) -> None:
    row = house.row(name)
    with house.store.containers.lock(row.id):
        if force and house.end(row, SIGKILL, keeps=True):
            attach.wait(house.home(row))
        advance(house.state(row).status, "remove", row.name)
        if row.spec.runtime:
            from onggi.linux import runtime

            runtime.delete(row.spec.runtime, str(house.home(row)))
        house.store.containers.remove(row.id)
        house.tell(row, "destroy")
