"""Looks up what this host has for networks. Takes some 20 milliseconds: links are made, in a namespace of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping

from onggi.container.network import rules
from onggi.container.network.means import Means
from onggi.container.network.network import BRIDGE_PREFIX
from onggi.errors import OnggiError
from onggi.linux import netns, nft
from onggi.linux.netlink import Netlink, links

_MAKERS: Mapping[str, Callable[[Netlink, int], None]] = {  # a macvlan is on one of the pair before it
    "bridge": lambda netlink, namespace: links.add_bridge(netlink, "b"),
    "veth": lambda netlink, namespace: links.add_veth(netlink, "v", "w", namespace),
    "macvlan": lambda netlink, namespace: links.add_macvlan(netlink, "m", "v", namespace),
}
IPV6_SWITCH = "/proc/sys/net/ipv6/conf/all/disable_ipv6"


def probe() -> Means:
    """The facts, as they are now for this process."""
    try:
        closed, firewall = tuple(_closed()), ("", "")
    except OnggiError as error:
        closed, firewall = (), (error.message, error.hint)
    return Means(firewall=firewall, links=tuple(_links()), has_ipv6=has_ipv6(), closed=closed)


def has_ipv6() -> bool:
    if not os.path.exists(IPV6_SWITCH):
        return False
    with open(IPV6_SWITCH) as file:
        return file.read().strip() == "0"


def _closed() -> Iterator[str]:
    """Chains that drop what is forwarded, unless a rule in them may be about our bridges. Raises what nft says."""
    for chain in nft.chains():
        if chain.get("hook") != "forward" or chain.get("policy") != "drop" or chain["table"].startswith(rules.PREFIX):
            continue
        place = (chain["family"], chain["table"], chain["name"])
        text = nft.chain(*place)
        if not any(word in text for word in (BRIDGE_PREFIX, str(rules.GROUP), f"{rules.GROUP:#x}")):
            yield " ".join(place)


def _links() -> Iterator[str]:
    """The kinds that can be made."""
    try:
        namespace = netns.new()
    except OnggiError:
        return
    try:
        with Netlink(namespace) as netlink:
            for kind, make in _MAKERS.items():
                try:
                    make(netlink, namespace)
                except OnggiError:
                    continue
                yield kind
    finally:
        os.close(namespace)
