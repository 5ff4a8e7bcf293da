"""All that is known of a container."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from onggi.container.network.attachment import Endpoint
from onggi.engine.container.describe import Surroundings, describe
from onggi.engine.container.hostname import hostname
from onggi.engine.container.household import Household
from onggi.engine.container.network_settings import Place
from onggi.engine.rootfs import layer_folders
from onggi.store.usage import written

if TYPE_CHECKING:
    from onggi.store.containers import ContainerRow


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
        places=_places(house, row),
        size=own,
        virtual_size=None if own is None else own + sum(layers.get(layer, 0) for layer in row.layers),
    )
    return describe(row, house.state(row), around)


def _places(house: Household, row: ContainerRow) -> list[Place]:
    """The networks that it is in; none if it shares another's namespace."""
    networks = {network.id: network for network in house.networks.list()}
    endpoints = house.networks.endpoints(row.id)
    if endpoints:
        return [Place(networks[endpoint.network], endpoint) for endpoint in endpoints]
    mode = row.spec.networking.mode
    return [Place(each, Endpoint(container=row.id, network=each.id)) for each in networks.values() if each.name == mode]
