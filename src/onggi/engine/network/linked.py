"""Other containers on its networks that a container knows by names of its own (--link): lines of its /etc/hosts. Their
addresses stay as they are for as long as they are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from onggi.container.network.attachment import Endpoint
from onggi.container.network.network import Network
from onggi.container.network.plan import Neighbour
from onggi.container.spec import DEFAULT_NETWORK, Link, Networking
from onggi.engine.container.hostname import hostname
from onggi.engine.container.household import Household, named_by
from onggi.errors import Invalid, NotFound

if TYPE_CHECKING:
    from onggi.store.containers import ContainerRow


def by_id(house: Household, asked: Networking, networks: Sequence[Network]) -> Iterator[Link]:
    """With the IDs of the others, since names may change. Raises NotFound, and Invalid for one that is not on the
    default network, if that is the only one; on others it may come later, as with Docker."""
    if not networks:
        raise Invalid(f"conflicting options: links and the network mode {asked.mode}", hint="it is on no network")
    is_default = [network.name for network in networks] == [DEFAULT_NETWORK]
    for link in asked.links:
        with named_by(f"--link {link.asked}"):
            other = house.row(link.container)
        theirs = [endpoint.network for endpoint in house.networks.endpoints(other.id)] if is_default else []
        if is_default and networks[0].id not in theirs:
            raise Invalid(
                f"Cannot link to {other.name}, as it does not belong to the default network",
                hint="containers on one network reach each other",
            )
        yield replace(link, container=other.id)


def neighbours(house: Household, row: ContainerRow, own: Sequence[Endpoint]) -> Iterator[Neighbour]:
    """Those that are there still, in the first of its networks that they are in too."""
    order = [endpoint.network for endpoint in own]
    for link in row.spec.networking.links:
        with suppress(NotFound):  # with the other one goes the link, as in Docker
            other = house.row(link.container, or_damaged=True)
            shared = [each for each in house.networks.endpoints(other.id) if each.network in order]
            for endpoint in sorted(shared, key=lambda each: order.index(each.network))[:1]:
                yield Neighbour(endpoint.addresses, (link.alias, hostname(other), other.name))
