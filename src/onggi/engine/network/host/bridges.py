"""A network's bridge in the host's network namespace, and its rules: made when a container first needs them.

Whoever sees the bridge up finds its rules in force, since it is set up last; and without a bridge there are no rules,
since it is made first and goes last. Rules that somebody has flushed are made again at the next start.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_interface
from socket import AF_INET, AF_INET6

from onggi.container.network import rivalry, rules
from onggi.container.network.network import Network, Subnet
from onggi.container.network.plan import Bridge
from onggi.engine.network.host import forwarding
from onggi.errors import Conflict, Denied, OnggiError
from onggi.linux import nft
from onggi.linux.netlink import Netlink, addresses, links, routes
from onggi.linux.netlink.tables import Tables
from onggi.store import lockfile

_FOLDER, _LOCK = "/run/onggi", "bridges.lock"
"""Of the machine, since all stores share its addresses and its switches."""


class SubnetTaken(Conflict):
    """A subnet of `network` is somebody else's by now. `is_ours`: we chose it, so that another will do."""

    def __init__(self, network: Network, subnet: Subnet, way: rivalry.Way) -> None:
        super().__init__(
            taken(network.name, subnet, way),
            hint=f"make the network {network.name} anew with another --subnet, or remove {way.link}",
        )
        self.network = network
        self.is_ours = subnet.is_ours


def taken(network: str, subnet: Subnet, way: rivalry.Way) -> str:
    return (
        f"the subnet {subnet.network} of the network {network} overlaps {way.destination}, which the link {way.link}"
        " of this host has"
    )


def provide(
    netlink: Netlink, bridge: Bridge, network: Network, published: Callable[[], Iterable[rules.Publication]]
) -> None:
    """See to it that the bridge of the network is there, its rules are in force, and what it needs is forwarded.
    `published` tells what its containers that run have published; the caller holds the network's lock. Raises
    SubnetTaken, Conflict for a link of others that is called so, Denied, Unsupported."""
    with Tables() as tables:
        if _is_whole(netlink, tables, bridge):
            return
        with _locked():
            if not _is_made(netlink, tables, bridge):
                _make(netlink, bridge, network, published)
            forwarding.provide(netlink, tables, _forwarded(bridge.firewall))


def is_whole(bridge: Bridge) -> bool:
    """Whether it is up, its rules are in force, and what it needs is forwarded."""
    with Netlink() as netlink, Tables() as tables:
        return _is_whole(netlink, tables, bridge)


def has_links(network: Network) -> bool:
    """Whether anybody is on its bridge."""
    with Netlink() as netlink:
        bridge = links.find(netlink, network.bridge)
        return bridge is not None and any(link.master == bridge.index for link in links.every(netlink))


def take_down(network: Network) -> None:
    """Remove what there is of it outside the store."""
    if network.driver != "bridge":
        return
    with Netlink() as netlink, Tables() as tables:
        try:
            has_rules = tables.has("inet", rules.table(network.short_id))
        except Denied:  # who may not even look has made none
            return
        if not (has_rules or links.find(netlink, network.bridge)):
            return
        with _locked():
            nft.apply(rules.delete(network.short_id), f"cannot remove the rules of the network {network.name}")
            if links.find(netlink, network.bridge):
                links.delete(netlink, network.bridge)
            if not any(link.group == rules.GROUP for link in links.every(netlink)):
                forwarding.take_back(tables)


def _is_whole(netlink: Netlink, tables: Tables, bridge: Bridge) -> bool:
    return _is_made(netlink, tables, bridge) and forwarding.is_settled(tables, _forwarded(bridge.firewall))


def _is_made(netlink: Netlink, tables: Tables, bridge: Bridge) -> bool:
    found = links.find(netlink, bridge.link)
    return (
        bool(found and found.is_up and found.group == rules.GROUP)
        and set(bridge.addresses) <= set(addresses.of(netlink, bridge.link))
        and tables.has("inet", rules.table(bridge.firewall.id))
    )


def _make(
    netlink: Netlink, bridge: Bridge, network: Network, published: Callable[[], Iterable[rules.Publication]]
) -> None:
    """Whatever there is of it already."""
    found = links.find(netlink, bridge.link)
    if found and found.group != rules.GROUP:
        raise Conflict(
            f"the network {network.name} cannot have the bridge {bridge.link}: this host has a link of that name",
            hint=f"rename it, or make the network {network.name} anew",
        )
    _require_free(netlink, network)
    if found:
        _complete(netlink, bridge, published)
        return
    links.add_bridge(netlink, bridge.link, mac=bridge.mac, mtu=bridge.mtu, group=rules.GROUP)
    try:
        _complete(netlink, bridge, published)
    except OnggiError:  # a host without nft is not to keep a bridge that nobody uses
        links.delete(netlink, bridge.link)
        raise


def _complete(netlink: Netlink, bridge: Bridge, published: Callable[[], Iterable[rules.Publication]]) -> None:
    present = addresses.of(netlink, bridge.link)
    for address in bridge.addresses:
        if address not in present:
            addresses.add(netlink, bridge.link, address)
    links.route_loopback(netlink, bridge.link)
    nft.apply(rules.create(bridge.firewall, published()), f"cannot make the rules of the bridge {bridge.link}")
    links.set_up(netlink, bridge.link)


def ways(netlink: Netlink) -> Iterator[rivalry.Way]:
    """What this host reaches directly."""
    names = {link.index: link.name for link in links.every(netlink)}
    own = {(link, str(ip_interface(address).network)) for link, address in addresses.every(netlink)}
    for family in (AF_INET, AF_INET6):
        for route in routes.of(netlink, family):
            if not route.gateway and route.link in names:
                is_own = (route.link, route.destination) in own
                yield rivalry.Way(route.destination, names[route.link], is_own)


def _require_free(netlink: Netlink, network: Network) -> None:
    found = rivalry.rival(network.subnets, (way for way in ways(netlink) if way.link != network.bridge))
    if found:
        raise SubnetTaken(network, *found)


def _forwarded(firewall: rules.Firewall) -> tuple[str, ...]:
    """The families of packets that this host has to forward for it."""
    if firewall.is_internal:
        return ()
    return tuple(word for word, subnets in (("ip", firewall.ipv4), ("ip6", firewall.ipv6)) if subnets)


@contextmanager
def _locked() -> Iterator[None]:
    """While we make bridges, or remove one, nobody else does."""
    try:
        os.makedirs(_FOLDER, 0o700, exist_ok=True)
        descriptor = lockfile.take(f"{_FOLDER}/{_LOCK}")
    except OSError as error:
        raise Denied(f"cannot take the lock {_FOLDER}/{_LOCK}: {error.strerror}", hint="bridges need root") from error
    try:
        yield
    finally:
        lockfile.release(f"{_FOLDER}/{_LOCK}", descriptor)
