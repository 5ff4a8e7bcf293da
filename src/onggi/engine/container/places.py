"""Where containers are in networks, as the database says it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from onggi.container.network.attachment import Endpoint
from onggi.container.network.network import Network
from onggi.store.containers import ContainerRow


class Place(msgspec.Struct, frozen=True):
    """A network that a container is in; on the host's network and on none its endpoint has no address."""

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
        endpoints = self._endpoints.get(row.id)
        if endpoints:
            return [Place(self._networks[endpoint.network], endpoint) for endpoint in endpoints]
        alone = self._by_name.get(row.spec.networking.mode)
        return [Place(alone, Endpoint(container=row.id, network=alone.id))] if alone else []
