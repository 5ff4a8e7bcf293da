"""Who is in a network now; and its bridge, with the rules for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from onggi.container.network.network import Network
from onggi.container.network.plan import Bridge, Names, plan
from onggi.engine.network.connection.companions import has_uplink
from onggi.engine.network.connection.publishing import publications
from onggi.engine.network.host import bridges, traces
from onggi.engine.network.repair import remains
from onggi.errors import Conflict, NotFound, Unavailable

if TYPE_CHECKING:
    from onggi.container.network.rules import Publication
    from onggi.engine.container.household import Household
    from onggi.linux.netlink import Netlink
    from onggi.store.containers import ContainerRow


def provide(house: Household, netlink: Netlink, wanted: Iterable[Bridge], networks: Mapping[str, Network]) -> bool:
    """See to it that the bridges are there. False where a subnet that we chose is somebody else's by now: its network
    has another from now on, and what was planned with the old one is to be planned anew. The caller holds the locks of
    the networks. Raises what bridges.provide does."""
    for bridge in wanted:
        traces.record(house.networks.folder(bridge.network), bridge.link)
        try:
            bridges.provide(netlink, bridge, networks[bridge.network], partial(published, house, bridge.network))
        except bridges.SubnetTaken as taken:
            if not taken.is_ours or has_any(house, taken.network.id):
                raise
            try:
                house.networks.renumber(taken.network.id)
                return False
            except Unavailable:  # the host reaches all that there is to choose from: ours may do as a narrower way
                kept = _kept(taken.network)
                bridges.provide(netlink, bridge, kept, partial(published, house, bridge.network))
    return True


def _kept(network: Network) -> Network:
    """With its subnets as if a person had chosen them."""
    return replace(network, subnets=tuple(replace(subnet, is_ours=False) for subnet in network.subnets))


def has_any(house: Household, network: str) -> bool:
    """Whether a container that runs is in it, or a step of a build."""
    return house.networks.is_lent(network) or any(True for _ in running(house, network))


def running(house: Household, network: str) -> Iterator[ContainerRow]:
    """Those on its bridge."""
    for member in house.networks.members().get(network, ()):
        with suppress(NotFound):  # it has been removed meanwhile
            row = house.store.containers.get(member.endpoint.container)
            if house.is_running(row) and not has_uplink(house.home(row)):
                yield row


@contextmanager
def none_runs(house: Household, network: Network) -> Iterator[frozenset[str]]:
    """In the block none of the containers in it, whose IDs these are, runs or starts; of what they had on the host
    nothing is left. Raises Conflict with those that run."""
    _require_quiet(house, network)  # before any is waited for
    with ExitStack() as locks:
        members = frozenset(member.endpoint.container for member in house.networks.members().get(network.id, ()))
        for container in sorted(members):
            locks.enter_context(house.store.containers.lock(container))
        _require_quiet(house, network)
        for container in members:
            with suppress(NotFound):
                remains.remove_all(house, house.store.containers.get(container))
        yield members


def _require_quiet(house: Household, network: Network) -> None:
    busy = []
    for member in house.networks.members().get(network.id, ()):
        with suppress(NotFound):
            if house.is_running(house.store.containers.get(member.endpoint.container)):
                busy.append(f'name:"{member.name}" id:"{member.endpoint.container[:12]}"')
    if busy:
        raise Conflict(
            f"error while removing network: network {network.name} has active endpoints ({', '.join(busy)})",
            hint="stop these containers first",
        )


def published(house: Household, network: str) -> Iterator[Publication]:
    """By the containers that run, through this network."""
    networks = house.networks.list()
    for row in running(house, network):
        endpoints = house.networks.endpoints(row.id)
        mine = {endpoint.network for endpoint in endpoints}
        other = plan([each for each in networks if each.id in mine], endpoints, Names(host=row.name))
        if other.publisher == network:
            yield from publications(house.state(row).ports, other.targets)


def put_away(house: Household, network: Network) -> None:
    """Its bridge, unless somebody is on it. It is made again when it is needed."""
    folder = house.networks.folder(network.id)
    if not traces.has(folder):
        return
    for member in house.networks.members().get(network.id, ()):
        with suppress(NotFound), house.store.containers.lock(member.endpoint.container):
            row = house.store.containers.get(member.endpoint.container)
            if not house.is_running(row):
                remains.remove_all(house, row)
    with house.networks.lock(network.id):
        if not bridges.has_links(network):
            bridges.take_down(network)
            traces.remove(folder)
