"""Networks and endpoints → a NetPlan: what is done so that a container is on its networks.

    outside   in the host's network namespace: bridges and their rules
    inside    links into the container's namespace, and in it addresses and routes
    files     the lines of /etc/hosts that name the container, and others for it alone; /etc/resolv.conf

Nothing is looked up here and nothing is done: a plan can be printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from onggi.container.network import resolving, rules
from onggi.container.network.attachment import Endpoint
from onggi.container.network.network import MODE, PARENT, Network, contains
from onggi.container.network.pool import mac, with_prefix
from onggi.container.spec import DEFAULT_NETWORK, Dns

RESOLVER = "127.0.0.11"
"""Where names are answered in a container that is on a network of its own."""
_LINK_PREFIX = "ov"
_LINK_DIGITS = 11
_ANYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
_LOOPBACKS = ("127.", "::1")


class Bridge(msgspec.Struct, frozen=True, tag="bridge"):
    """Make the bridge `link` of the network that has the ID `network`, with its rules, where it is not there."""

    network: str
    link: str
    mac: str
    addresses: tuple[str, ...]
    mtu: int
    firewall: rules.Firewall


class Veth(msgspec.Struct, frozen=True, tag="veth"):
    """A pair: `outer` a port of the bridge, `link` in the container. `is_isolated`: it reaches no other such port."""

    outer: str
    link: str
    mac: str
    bridge: str
    mtu: int
    is_isolated: bool


class Macvlan(msgspec.Struct, frozen=True, tag="macvlan"):
    """`link` in the container, on the host's link `parent`."""

    link: str
    mac: str
    parent: str
    mode: str
    mtu: int


class Address(msgspec.Struct, frozen=True, tag="address"):
    """`address` is written with the length of its prefix."""

    link: str
    address: str


class Up(msgspec.Struct, frozen=True, tag="up"):
    link: str


class Route(msgspec.Struct, frozen=True, tag="route"):
    link: str
    destination: str
    gateway: str


Step: TypeAlias = Bridge | Veth | Macvlan | Address | Up | Route


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What the container and others call it, and whom it asks for names. `servers` are the host's, or its own where
    `is_own`; `search` and `options` are those of resolv.conf(5)."""

    host: str
    domain: str = ""
    servers: tuple[str, ...] = ()
    is_own: bool = False
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


class Neighbour(msgspec.Struct, frozen=True):
    """Another container that it knows by names of its own."""

    addresses: tuple[str, ...]
    names: tuple[str, ...]


class NetPlan(msgspec.Struct, frozen=True, kw_only=True):
    """`targets`: the container's address of each family that published ports lead to; `publisher` is the ID of that
    network, "" for none. `resolved`: IDs of the networks whose names the container may ask for. `gateway`: the host's
    address as the container reaches it, "" for none."""

    outside: tuple[Bridge, ...]
    inside: tuple[Step, ...]
    publisher: str
    targets: tuple[str, ...]
    resolved: tuple[str, ...]
    gateway: str
    hosts: str
    resolv_conf: str

    def show(self) -> str:
        """A step a line, and the files: for people, and for goldens."""
        lines = [_line(step) for step in (*self.outside, *self.inside)]
        lines += [f"ports {self.publisher} -> {' '.join(self.targets)}"] if self.publisher else []
        lines += [f"names {network}" for network in self.resolved]
        files = (("hosts", self.hosts), ("resolv.conf", self.resolv_conf))
        return "".join(f"{line}\n" for line in lines) + "".join(f"\n{name}:\n{text}" for name, text in files)


def plan(
    networks: Sequence[Network], endpoints: Sequence[Endpoint], names: Names, neighbours: Iterable[Neighbour] = ()
) -> NetPlan:
    """Of one container: `endpoints` in the order of its interfaces; `networks` are those that they are in."""
    by_id = {network.id: network for network in networks}
    places = [(by_id[endpoint.network], endpoint) for endpoint in endpoints]
    ways = {family: _way_out(places, family) for family in (4, 6)}
    outside: list[Bridge] = []
    inside: list[Step] = []
    for network, endpoint in places:
        link = f"{network.interface_prefix}{endpoint.position}"
        outside += [bridge_of(network)] if network.driver == "bridge" else []
        inside += _links(network, endpoint, link)
        inside += [
            Route(link, _ANYWHERE[family], gateway)
            for family, way in ways.items()
            if way and way[1] is endpoint
            for gateway in [_gateway_to(network, endpoint, family)]
        ]
    bridged = [place for place in places if place[0].driver == "bridge"]
    publisher = _way_out(bridged, 4) or _way_out(bridged, 6)
    resolved = tuple(network.id for network, _ in places if network.name != DEFAULT_NETWORK)
    return NetPlan(
        outside=tuple(outside),
        inside=tuple(inside),
        publisher=publisher[0].id if publisher else "",
        targets=publisher[1].addresses if publisher else (),
        resolved=resolved,
        gateway=host_address([network for network, _ in ([publisher] if publisher else bridged)]),
        hosts=_hosts(endpoints, names) + "".join(_lines(each.addresses, each.names) for each in neighbours),
        resolv_conf=_resolv_conf(names, has_resolver=bool(resolved)),
    )


def publishes(network: Network) -> bool:
    """Whether ports can be published through it."""
    return network.driver == "bridge" and not network.is_internal


def host_address(networks: Iterable[Network]) -> str:
    """The host's address as a container in these networks reaches it, "" for none: a macvlan has no way to its host."""
    bridged = [network for network in networks if network.driver == "bridge"]
    return next((address for family in (4, 6) for each in bridged if (address := _gateway(each, family))), "")


def firewall(network: Network) -> rules.Firewall:
    """What the rules of a bridge follow from."""
    blocks = {family: tuple(s.network for s in network.subnets if s.version == family) for family in (4, 6)}
    return rules.Firewall(
        network.short_id,
        network.bridge,
        blocks[4],
        blocks[6],
        is_internal=network.is_internal,
        is_masqueraded=network.is_masqueraded,
        has_talk=network.has_talk,
    )


def outer_link(endpoint: Endpoint) -> str:
    """The name of the host's end of its pair, of 13 characters. Both IDs are chance, so what they make together is."""
    container, network = (int(each[:_LINK_DIGITS], 16) for each in (endpoint.container, endpoint.network))
    return f"{_LINK_PREFIX}{container ^ network:0{_LINK_DIGITS}x}"


def bridge_of(network: Network) -> Bridge:
    """What has to be there for everybody in it."""
    gateways = [subnet.gateway for subnet in network.subnets]
    addresses = tuple(with_prefix(network, gateway) for gateway in gateways)
    return Bridge(network.id, network.bridge, mac(gateways[0]), addresses, network.mtu, firewall(network))


def _links(network: Network, endpoint: Endpoint, link: str) -> Iterable[Step]:
    if network.driver == "macvlan":
        mode = network.options.get(MODE, "bridge")
        yield Macvlan(link, endpoint.mac, network.options[PARENT], mode, network.mtu)
    else:
        outer = outer_link(endpoint)
        yield Veth(outer, link, endpoint.mac, network.bridge, network.mtu, is_isolated=not network.has_talk)
    for address in endpoint.addresses:
        yield Address(link, with_prefix(network, address))
    yield Up(link)


def _way_out(places: Iterable[tuple[Network, Endpoint]], family: int) -> tuple[Network, Endpoint] | None:
    """Where the default route leads into; nowhere from internal networks."""
    open_ones = [place for place in places if not place[0].is_internal and _gateway(place[0], family)]
    return min(open_ones, key=lambda place: (-place[1].priority, place[0].name), default=None)


def _gateway(network: Network, family: int) -> str:
    return next((subnet.gateway for subnet in network.subnets if subnet.version == family), "")


def _gateway_to(network: Network, endpoint: Endpoint, family: int) -> str:
    """Of several subnets, that of the one in which the container's address is: it reaches no other at first."""
    address = endpoint.ipv4 if family == 4 else endpoint.ipv6
    return next(subnet.gateway for subnet in network.subnets if contains(subnet, address))


def _hosts(endpoints: Iterable[Endpoint], names: Names) -> str:
    whole = f"{names.host}.{names.domain}" if names.domain else names.host
    own = (whole, whole.partition(".")[0])
    return "".join(_lines(endpoint.addresses, own) for endpoint in endpoints)


def _lines(addresses: Iterable[str], names: Iterable[str]) -> str:
    """Of hosts(5)."""
    said = " ".join(dict.fromkeys(names))
    return "".join(f"{address}\t{said}\n" for address in addresses)


def _resolv_conf(names: Names, *, has_resolver: bool) -> str:
    """The host's servers cannot be asked by a container where they are on the host's loopback."""
    reachable = [server for server in names.servers if names.is_own or not server.startswith(_LOOPBACKS)]
    servers = [RESOLVER] if has_resolver else reachable
    options = names.options or (("ndots:0",) if has_resolver else ())
    return resolving.text(Dns(servers=tuple(servers), search=names.search, options=options))


def _line(step: Step) -> str:
    fields = msgspec.to_builtins(step)
    word = fields.pop("type")
    return " ".join(
        [word, *(f"{name}={_text(value)}" for name, value in fields.items() if value not in ("", 0, False))]
    )


def _text(value: object) -> str:
    if isinstance(value, dict):
        return "(" + " ".join(f"{name}={_text(each)}" for name, each in value.items()) + ")"
    return ",".join(value) if isinstance(value, (list, tuple)) else str(value)
