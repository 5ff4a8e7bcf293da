"""`system check`: what is there of networks is what there should be. Whatever is looked at is known by a row of this
store or by a folder that it has written (see host/traces.py), so nothing of another store, or of others, is touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from onggi.container.network import rules
from onggi.container.network.network import Network
from onggi.container.network.plan import Macvlan, Veth, bridge_of
from onggi.engine.network import occupants
from onggi.engine.network.connection import publishing, steps
from onggi.engine.network.connection.companions import has_uplink
from onggi.engine.network.connection.connection import Connection
from onggi.engine.network.connection.namespace import namespace
from onggi.engine.network.host import bridges, traces
from onggi.engine.network.repair import mending, remains
from onggi.errors import Conflict, OnggiError
from onggi.linux import nft
from onggi.linux.netlink import Netlink, links
from onggi.store.fsck.finding import Finding

if TYPE_CHECKING:
    from onggi.engine.container.household import Household
    from onggi.store.containers import ContainerRow


def check(house: Household, repair: bool) -> list[Finding]:
    checks = (_dead, _orphans, _bridges, _links, _ports, _companions)
    return [finding for each in checks for finding in each(house, repair)]


def _dead(house: Household, repair: bool) -> Iterator[Finding]:
    """Nothing is left of containers that do not run."""
    for row in house.store.containers.list():
        if not remains.are_left(house, row) or house.is_running(row):
            continue
        with house.store.containers.lock(row.id):  # somebody may be about to start it
            if house.is_running(row) or not remains.are_left(house, row):
                continue
            if repair:
                remains.remove_all(house, row)
            yield _found(repair, row.id, f"container {row.name} does not run, and parts of its network are left")


def _orphans(house: Household, repair: bool) -> Iterator[Finding]:
    """Nothing is left of networks that there are not."""
    folder = house.networks.folder()
    if not folder.exists():
        return
    for network in traces.orphans(folder, [network.id for network in house.networks.list()]):
        with house.networks.lock(network.id):
            if network.id in [each.id for each in house.networks.list()] or not (folder / network.id).exists():
                continue  # it is new, or has just been removed
            if repair:
                bridges.take_down(network)
                traces.remove(folder / network.id)
            yield _found(repair, network.id, f"the network {network.name} is gone, and parts of it are left")


def _bridges(house: Household, repair: bool) -> Iterator[Finding]:
    """Where containers are that run, the bridge is up with its addresses, the rules are in force, and the host
    forwards."""
    for network in _used(house):
        bridge = bridge_of(network)
        if bridges.is_whole(bridge) or not occupants.has_any(house, network.id):
            continue
        with house.networks.lock(network.id), Netlink() as netlink:
            if repair and not bridges.is_whole(bridge):
                occupants.provide(house, netlink, [bridge], {network.id: network})
            sentence = (
                f"the network {network.name} lacks something of this host: its bridge {bridge.link}, an address of"
                " that, its rules, or forwarding"
            )
            yield _found(repair, network.id, sentence)


def _links(house: Household, repair: bool) -> Iterator[Finding]:
    """Each container that runs is on the bridges of its networks, and on the links of this host that it is to be on."""
    for row in house.store.containers.list():
        if not (row.spec.networking.is_attached and _lost(house, row)):
            continue
        with house.store.containers.lock(row.id):
            lost, hint = _lost(house, row), ""
            if lost and repair:
                try:
                    _plug(house, row, lost)
                except OnggiError as error:  # the link of this host that it was on may be gone
                    hint = error.message
            for step in lost:
                where = f"to the bridge {step.bridge}" if isinstance(step, Veth) else f"on this host's {step.parent}"
                yield _found(repair and not hint, row.id, f"container {row.name} has lost its link {where}", hint)


def _lost(house: Household, row: ContainerRow) -> list[Veth | Macvlan]:
    if not house.is_running(row) or has_uplink(house.home(row)):
        return []
    wanted = [step for step in Connection(house, row).plan.inside if isinstance(step, Veth | Macvlan)]
    try:
        with namespace(house, row) as found, Netlink() as outside, Netlink(found) as inside:
            return [step for step in wanted if not _is_plugged(outside, inside, step)]
    except Conflict:  # it has ended meanwhile
        return []


def _is_plugged(outside: Netlink, inside: Netlink, step: Veth | Macvlan) -> bool:
    if isinstance(step, Macvlan):
        return links.find(inside, step.link) is not None
    link, bridge = links.find(outside, step.outer), links.find(outside, step.bridge)
    return bool(link and bridge and link.master == bridge.index and link.is_up)


def _plug(house: Household, row: ContainerRow, lost: list[Veth | Macvlan]) -> None:
    connection = Connection(house, row)
    with namespace(house, row) as found, Netlink() as outside, Netlink(found) as inside, connection.provided(outside):
        place = steps.Place(outside, inside, found)
        names = {step.link for step in lost}
        for step in lost:
            steps.undo(step, place)
        for each in connection.plan.inside:
            if each.link in names:
                steps.do(each, place)


def _ports(house: Household, repair: bool) -> Iterator[Finding]:
    """The host's own connections are led to the containers that run, and nowhere else."""
    for network in _used(house):
        if not any(_strays(house, network)):
            continue
        with _settled(house, network):
            stale, lacking = _strays(house, network)
            if not (stale or lacking):
                continue
            if repair:
                text = rules.withdraw(network.short_id, stale) + rules.publish(network.short_id, lacking)
                nft.apply(text, f"cannot mend the ports of the network {network.name}")
            ports = ", ".join(str(port) for port in sorted({each.port for each in stale | lacking}))
            sentence = (
                f"the rules of the network {network.name} lead to the wrong place, or nowhere: for the ports {ports}"
            )
            yield _found(repair, network.id, sentence)


def _used(house: Household) -> list[Network]:
    """The networks that may have a bridge."""
    if not house.networks.folder().exists():
        return []
    return [network for network in house.networks.list() if traces.has(house.networks.folder(network.id))]


def _strays(house: Household, network: Network) -> tuple[set[rules.Publication], set[rules.Publication]]:
    """What is led to where nobody is, and what is not that should be."""
    present, wanted = set(publishing.led(network)), set(occupants.published(house, network.id))
    return present - wanted, wanted - present


@contextmanager
def _settled(house: Household, network: Network) -> Iterator[None]:
    """Within it no container of the network starts or changes."""
    with ExitStack() as stack:
        for container in sorted(each.endpoint.container for each in house.networks.members().get(network.id, ())):
            stack.enter_context(house.store.containers.lock(container))
        stack.enter_context(house.networks.lock(network.id))
        yield


def _companions(house: Household, repair: bool) -> Iterator[Finding]:
    """Each container that runs has its port keeper, and is served by the resolver."""
    lacking = mending.lacking(house)
    hint = ""
    if lacking and repair:
        try:
            mending.mend(house)
        except OnggiError as error:
            hint = error.message
    left = [row.id for row in mending.lacking(house)] if hint else []
    for row in lacking:
        sentence = f"container {row.name} lacks its port keeper or its resolver, which was killed"
        yield _found(repair and row.id not in left, row.id, sentence, hint)


def _found(is_repaired: bool, subject: str, sentence: str, hint: str = "") -> Finding:
    return Finding("network", subject, sentence, is_repaired, hint=hint)
