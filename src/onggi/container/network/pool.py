"""Which subnet a network gets, which address a container: values in, values out. The store asks in a transaction.

Subnets come from Docker's default pools (moby, daemon/libnetwork/ipamutils); of IPv6 each network has a prefix of its
own, made of its id, as RFC 4193 wants them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from ipaddress import IPv6Network, ip_address, ip_network

from msgspec.structs import asdict, replace

from onggi.container.network.network import (
    BRIDGE_NAME,
    DRIVERS,
    PARENT,
    Block,
    Network,
    NetworkSpec,
    Subnet,
    contains,
    do_overlap,
    is_edge,
    overlapping,
    parse_address,
    version,
)
from onggi.errors import Conflict, Invalid, Unavailable


class AddressTaken(Conflict):
    """An address that was asked for is another container's now; a gateway's always is."""


POOLS = (
    *((f"172.{number}.0.0/16", 16) for number in range(17, 20)),
    *((f"172.{number}.0.0/14", 16) for number in range(20, 32, 4)),
    ("192.168.0.0/16", 20),
)
"""Blocks, and how long the prefixes are of the subnets that they are cut into."""
_UNIQUE_LOCAL = 0xFD << 120
_SECOND_BYTES = range(0x42, 0x100)
"""Of hardware addresses that are made of others; the first one as Docker had it."""
_GLOBAL_ID_DIGITS = 10  # 40 bits (RFC 4193, section 3.1)


def complete(
    spec: NetworkSpec, id: str, created: float, others: Sequence[Network], routes: Callable[[], Iterable[str]]
) -> Network:
    """The network that is made of `spec`, with a subnet and a gateway for each of its families. `others` are those that
    are there; `routes` gives the host's destinations, which a subnet of our choice leaves alone. Raises Conflict for
    what others have, Unavailable if nothing is left."""
    _require_apart(spec, others)
    subnets = list(spec.subnets)
    for wanted, family in ((spec.has_ipv4, 4), (spec.has_ipv6, 6)):
        if wanted and spec.driver in DRIVERS and not any(subnet.version == family for subnet in subnets):
            candidates = _pools() if family == 4 else iter((_of_id(id),))
            occupied = [*(subnet.block for other in others for subnet in other.subnets), *map(ip_network, routes())]
            subnets.append(Subnet(str(choose_subnet(candidates, occupied)), is_ours=True))
    whole = tuple(replace(subnet, gateway=subnet.gateway or _first(subnet)) for subnet in subnets)
    return Network(**{**asdict(spec), "subnets": whole}, id=id, created=created)


def renew(network: Network, id: str, others: Sequence[Network], routes: Callable[[], Iterable[str]]) -> Network:
    """The same with others in place of the subnets that we chose; of IPv6 they are made of `id`. Raises Unavailable."""
    kept = tuple(subnet for subnet in network.subnets if not subnet.is_ours)
    spec = NetworkSpec(**{name: getattr(network, name) for name in NetworkSpec.__struct_fields__ if name != "subnets"})
    renewed = complete(replace(spec, subnets=kept), id, network.created, others, routes)
    return replace(renewed, id=network.id)


def choose_subnet(candidates: Iterator[Block], occupied: Collection[Block]) -> Block:
    """The first that overlaps nothing; a default route counts for nothing. Raises Unavailable."""
    taken = [block for block in occupied if block.prefixlen]
    for block in candidates:
        if not any(do_overlap(block, other) for other in taken):
            return block
    raise Unavailable(
        "all predefined address pools have been fully subnetted",
        hint="remove networks that nothing uses with `onggi network prune`, or choose one with --subnet",
    )


def choose_address(network: Network, family: int, taken: Collection[str], wanted: str = "") -> str:
    """`wanted`, or the lowest that is free in the ranges of the network. `taken` are those of its containers. Raises
    Invalid for one that is in none of its subnets, AddressTaken, Unavailable if all are."""
    subnets = [subnet for subnet in network.subnets if subnet.version == family]
    if wanted:
        return _choose_wanted(network, subnets, family, taken, wanted)
    for subnet in subnets:
        address = _lowest(subnet, taken)
        if address:
            return address
    raise Unavailable(
        f"no available IPv{family} addresses on this network's address pools: {network.name} ({network.short_id})",
        hint="remove containers that nothing needs; their addresses are kept as long as they are there",
    )


def count(subnet: Subnet, taken: Collection[str]) -> tuple[int, int]:
    """How many addresses of it nobody can get, and how many are left of those that containers are given. `taken` are
    those of the network's containers."""
    pool, used = _pool(subnet), _used(subnet, taken)
    first, last = int(pool.network_address), int(pool.broadcast_address)
    return len(used), pool.num_addresses - sum(first <= number <= last for number in used)


def with_prefix(network: Network, address: str) -> str:
    """`10.88.0.2` as `10.88.0.2/16`."""
    return next(f"{address}/{subnet.block.prefixlen}" for subnet in network.subnets if contains(subnet, address))


def choose_mac(network: Network, address: str, taken: Collection[str], wanted: str = "") -> str:
    """`wanted`, or the one that is made of the address; where somebody has asked for just that, one beside it. Raises
    AddressTaken."""
    if wanted in taken:
        raise AddressTaken(
            f"the MAC address {wanted} is taken in the network {network.name}",
            hint="who names none gets one that is made of its address",
        )
    return wanted or next(each for second in _SECOND_BYTES if (each := mac(address, second)) not in taken)


def mac(address: str, second: int = _SECOND_BYTES[0]) -> str:
    """A locally administered one of its own, made of the address: 02:42 and, in hexadecimal, the last four bytes."""
    return ":".join(f"{byte:02x}" for byte in (0x02, second, *ip_address(address).packed[-4:]))


def _choose_wanted(
    network: Network, subnets: Sequence[Subnet], family: int, taken: Collection[str], wanted: str
) -> str:
    address = parse_address(wanted, "address")
    subnet = next((each for each in subnets if contains(each, address)), None)
    if subnet is None:
        known = ", ".join(each.network for each in subnets)
        raise Invalid(
            f"invalid config for network {network.name}: no configured subnet contains IP address {address}",
            hint=f"its subnets: {known}" if known else f"the network has no IPv{family}",
        )
    if is_edge(subnet.block, address):
        raise Invalid(
            f"the address {address} stands for the whole subnet {subnet.network}",
            hint="it is its first or last one: take another",
        )
    if address in taken or address in _kept(subnet):
        kind = AddressTaken if address in taken else Conflict
        raise kind(
            f"Address already in use: {address} in the network {network.name}",
            hint="leave it out to get one that is free",
        )
    return address


def _lowest(subnet: Subnet, taken: Collection[str]) -> str:
    """Of those that a container may get; "" if none is free."""
    block = subnet.block
    chosen, used = _pool(subnet), _used(subnet, taken)
    last = int(chosen.broadcast_address)
    number = int(chosen.network_address)
    while number in used:
        number += 1
    return str(type(block.network_address)(number)) if number <= last else ""


def _pool(subnet: Subnet) -> Block:
    """What addresses are chosen of."""
    return ip_network(subnet.range) if subnet.range else subnet.block


def _used(subnet: Subnet, taken: Collection[str]) -> set[int]:
    """Of all its addresses those that nobody can get, as numbers."""
    block = subnet.block
    used = {
        int(ip_address(address))
        for address in (*taken, *_kept(subnet))
        if version(address) == block.version and contains(subnet, address)
    }
    used.add(int(block.network_address))
    if block.version == 4:
        used.add(int(block.broadcast_address))
    return used


def _kept(subnet: Subnet) -> tuple[str, ...]:
    return *((subnet.gateway,) if subnet.gateway else ()), *subnet.reserved.values()


def _first(subnet: Subnet) -> str:
    """For the gateway: what nothing else is kept for."""
    return _lowest(Subnet(subnet.network), tuple(subnet.reserved.values()))


def _pools() -> Iterator[Block]:
    for pool, prefix in POOLS:
        yield from ip_network(pool).subnets(new_prefix=prefix)


def _of_id(id: str) -> Block:
    return IPv6Network((_UNIQUE_LOCAL | int(id[:_GLOBAL_ID_DIGITS], 16) << 80, 64))


def _require_apart(spec: NetworkSpec, others: Sequence[Network]) -> None:
    for subnet in spec.subnets:
        other = overlapping(subnet.block, others)
        if other is not None:
            ranges = ", ".join(each.network for each in other.subnets)
            raise Conflict(
                f"invalid pool request: Pool overlaps with other one on this address space: {subnet.network} and the"
                f" network {other.name}, which has {ranges}",
                hint="choose another --subnet, or leave it out",
            )
    for option, what in ((BRIDGE_NAME, "bridge"), (PARENT, "parent")):
        value = spec.options.get(option, "")
        rival = next((each for each in others if value and value == each.options.get(option, "")), None)
        if rival is not None and spec.driver == rival.driver:
            raise Conflict(f"the network {rival.name} has the {what} {value} already")
