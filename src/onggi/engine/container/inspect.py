"""All that is known of a container."""

from __future__ import annotations

import time
from typing import Any

from onggi.engine.container.describe import Surroundings, describe
from onggi.engine.container.hostname import hostname
from onggi.engine.container.household import Household
from onggi.engine.container.places import Places
from onggi.engine.rootfs import layer_folders
from onggi.store.usage import written


def inspect(house: Household, name: str, size: bool) -> dict[str, Any]:
    row = house.row(name, or_damaged=True)
    home = house.home(row)
    own = written(str(home / "upper")) if size else None
    layers = {ref.diff_id: ref.size for ref in house.store.snapshots.list()} if size else {}
    around = Surroundings(
        hostname=hostname(row),
        home=home,
        lowers=layer_folders(house.store, row.layers),
        volume=house.store.volumes.data,
        now=time.time(),
        places=Places(*house.networks.snapshot()).of(row),
        size=own,
        virtual_size=None if own is None else own + sum(layers.get(layer, 0) for layer in row.layers),
    )
    return describe(row, house.state(row), around)
