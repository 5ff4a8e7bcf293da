"""Whether a subnet of ours has become somebody else's while nothing of it was there on the host. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from typing import NamedTuple

from onggi.container.network.network import Subnet, do_overlap


class Way(NamedTuple):
    """Addresses that the host reaches directly, without a gateway: `destination`, written 10.88.0.0/16, on `link`.
    `is_own`: the link has an address there, so these are its neighbours."""

    destination: str
    link: str
    is_own: bool = False


def rival(subnets: Iterable[Subnet], ways: Iterable[Way]) -> tuple[Subnet, Way] | None:
    """The first that another link of the host has. One that a person has chosen may be a part of what is routed there,
    since the narrower way is taken, but not of the link's own network: neighbours, or the host's own address for them,
    would be cut off. One of our choice stays away from all."""
    others = [(ip_network(way.destination), way) for way in ways]
    for subnet in subnets:
        block = subnet.block
        for other, way in others:
            if not other.prefixlen or not do_overlap(block, other):
                continue
            if subnet.is_ours or way.is_own or other.prefixlen >= block.prefixlen:
                return subnet, way
    return None
