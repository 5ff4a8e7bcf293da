"""`diff`: what a container did to the files of its image."""

from __future__ import annotations

import os

from onggi.engine.container.household import Household
from onggi.engine.rootfs import lowers
from onggi.engine.types import Change
from onggi.layer import changes as layer_changes
from onggi.layer import live
from onggi.layer.descent import FOLDER
from onggi.layer.union import Union


def changes(house: Household, name: str) -> list[Change]:
    row = house.row(name)
    base = Union(lowers(house.store, row.layers))
    upper = os.open(house.home(row) / "upper", FOLDER)
    try:
        return [Change(*each) for each in layer_changes.changes(live.entries(upper, b".", b""), base)]
    finally:
        os.close(upper)
