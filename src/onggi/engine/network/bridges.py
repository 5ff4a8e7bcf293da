"""A network's bridge in the host's network namespace, and its rules: made when a container first needs them.

Whoever sees the bridge up finds its rules in force, since it is set up last; and without a bridge there are no rules,
since it is made first and goes last.
"""

from __future__ import annotations

from onggi.container.network import rules
from onggi.container.network.network import Network
from onggi.container.network.plan import Bridge
from onggi.linux import nft
from onggi.linux.netlink import Netlink, addresses, links


def provide(netlink: Netlink, bridge: Bridge) -> None:
    """See to it that the bridge is there. The caller holds the network's lock."""
    found = links.find(netlink, bridge.link)
    if found and found.is_up:
        return
    if not found:
        links.add_bridge(netlink, bridge.link, mac=bridge.mac, mtu=bridge.mtu, group=rules.GROUP)
    present = addresses.of(netlink, bridge.link)
    for address in bridge.addresses:
        if address not in present:
            addresses.add(netlink, bridge.link, address)
    links.route_loopback(netlink, bridge.link)
    nft.apply(rules.create(bridge.firewall), f"cannot make the rules of the bridge {bridge.link}")
    links.set_up(netlink, bridge.link)


def take_down(network: Network) -> None:
    """Remove what there is of it outside the store."""
    if network.driver != "bridge":
        return
    with Netlink() as netlink:
        if links.find(netlink, network.bridge):
            nft.apply(rules.delete(network.short_id), f"cannot remove the rules of the network {network.name}")
            links.delete(netlink, network.bridge)
