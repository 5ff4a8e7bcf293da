"""The file from which the resolver knows the containers of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onggi.container.network.network import Network
from onggi.engine.network.host import nameservers
from onggi.linux.resolver import document
from onggi.linux.resolver.start import NAMES_FILE

if TYPE_CHECKING:
    from onggi.engine.container.household import Household


def publish(house: Household, network: Network) -> None:
    """Say who is in the network now, whether it runs or not: the resolver knows whom it serves."""
    folder = house.networks.folder(network.id)
    with house.networks.lock(network.id):  # whoever writes last has read last
        folder.mkdir(parents=True, exist_ok=True)
        members = house.networks.members().get(network.id, ())
        entries = tuple(
            document.Entry(member.endpoint.container, member.names, member.endpoint.addresses) for member in members
        )
        upstream = () if network.is_internal else nameservers.read().servers
        document.write(str(folder / NAMES_FILE), document.Document(network.name, entries, upstream))
