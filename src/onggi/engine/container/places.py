"""Where containers are in networks, as the database says it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from onggi.container.network.attachment import Endpoint, is_for
from onggi.container.network.network import Network
from onggi.store.containers import ContainerRow


class Place(msgspec.Struct, frozen=True):
    """A network that a container is in; on the host's network and on none its endpoint has no address, nor has it where
    it is given one only when the container starts."""

    network: Network
    endpoint: Endpoint


class Places:
    """Of all containers whose `endpoints` these are."""

    def __init__(self, networks: Iterable[Network], endpoints: Iterable[Endpoint]) -> None:
        self._networks = {network.id: network for network in networks}
        self._by_name = {network.name: network for network in self._networks.values()}
        self._endpoints: dict[str, list[Endpoint]] = {}
        for endpoint in endpoints:
            self._endpoints.setdefault(endpoint.container, []).append(endpoint)

    def of(self, row: ContainerRow) -> Sequence[Place]:
        """In the order of its interfaces; none if it shares another's namespace."""
        found = [Place(self._networks[endpoint.network], endpoint) for endpoint in self._endpoints.get(row.id, ())]
        had = {place.network.id for place in found} | {*row.spec.networking.left}
        for asked in row.spec.networking.attachments:
            network = next((each for each in self._networks.values() if is_for(asked, each)), None)
            if network and network.id not in had:
                waiting = Endpoint(container=row.id, network=network.id, aliases=asked.aliases, priority=asked.priority)
                found.append(Place(network, waiting))
        alone = self._by_name.get(row.spec.networking.mode) if not row.spec.networking.attachments else None
        return [Place(alone, Endpoint(container=row.id, network=alone.id))] if alone else found
