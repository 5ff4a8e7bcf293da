"""Give a container another name."""

from __future__ import annotations

from onggi.engine.container.household import Household
from onggi.errors import Invalid


def rename(house: Household, name: str, new: str) -> None:
    row = house.row(name)
    new = new.removeprefix("/")
    if not new:
        raise Invalid("Neither old nor new names may be empty")
    if new == row.name:
        raise Invalid("Renaming a container with the same name as its current name")
    house.store.containers.rename(row.id, new)
    house.tell(house.row(row.id), "rename", oldName=f"/{row.name}")
