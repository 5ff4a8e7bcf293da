"""Give a container another name."""

from __future__ import annotations

import marshal
from contextlib import suppress

from onggi.engine import events
from onggi.engine.container.household import Household
from onggi.errors import Conflict, Invalid
from onggi.linux import attach, frames


def rename(house: Household, name: str, new: str) -> None:
    row = house.row(name)
    new = new.removeprefix("/")
    if not new:
        raise Invalid("Neither old nor new names may be empty")
    if new == row.name:
        raise Invalid("Renaming a container with the same name as its current name")
    house.store.containers.rename(row.id, new)
    renamed = house.row(row.id)
    if house.is_running(renamed):
        with suppress(Conflict):  # it has just ended
            attach.request(
                house.home(row), frames.UPDATE, marshal.dumps({"actor": events.container_attributes(renamed)})
            )
    if renamed.spec.networking.is_attached:
        from onggi.engine.network.connection.connection import Connection

        Connection(house, renamed).tell_names()
    house.tell(renamed, "rename", oldName=f"/{row.name}")
