"""What this host has for networks, as facts, and what follows from them for a person: their part of `doctor`.

The facts are gathered by linux/network_probe.py, only where somebody asks: a start of a container finds out by doing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from onggi.container.host import Finding
from onggi.container.network.rules import GROUP

LINKS = ("bridge", "veth")
"""Kinds of links without which there are no networks."""
_WITHOUT_BRIDGES = "there can be no networks of one's own, and the default one only by pasta or slirp4netns"


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """firewall: why nftables cannot be used, and what to do, or "" twice. links: the kinds that the kernel makes, also
    macvlan. has_ipv6: it is not switched off. closed: chains of others that drop what is forwarded, and say nothing of
    our bridges; by family, table and name."""

    firewall: tuple[str, str] = ("", "")
    links: tuple[str, ...] = (*LINKS, "macvlan")
    has_ipv6: bool = True
    closed: tuple[str, ...] = ()

    @property
    def drivers(self) -> tuple[str, ...]:
        """Those of networks that a container can be on here, in Docker's words."""
        has_bridges = not self.firewall[0] and set(LINKS) <= set(self.links)
        has_macvlan = has_bridges and "macvlan" in self.links
        return (*["bridge"] * has_bridges, "host", *["macvlan"] * has_macvlan, "null")


_Check: TypeAlias = Callable[[Means], Finding]


def findings(means: Means) -> tuple[Finding, ...]:
    return tuple(check(means) for check in _CHECKS)


def _firewall(means: Means) -> Finding:
    reason, hint = means.firewall
    if not reason:
        return Finding("nftables", True, "networks have their rules in tables of their own")
    return Finding("nftables", False, f"{reason}: {_WITHOUT_BRIDGES}", hint)


def _links(means: Means) -> Finding:
    missing = [kind for kind in LINKS if kind not in means.links]
    if missing:
        return Finding(
            "links",
            False,
            f"no {' and '.join(missing)} links can be made: {_WITHOUT_BRIDGES}",
            "modprobe " + " ".join(missing) + "; as root, and inside another container with CAP_NET_ADMIN",
        )
    without = "" if "macvlan" in means.links else "; the kernel has no macvlan, so there are no networks of that driver"
    return Finding("links", True, f"{', '.join(means.links)}{without}")


def _ipv6(means: Means) -> Finding:
    if means.has_ipv6:
        return Finding("IPv6", True, "on, for networks that ask for it")
    return Finding("IPv6", True, "off (net.ipv6.conf.all.disable_ipv6), so networks have IPv4 only")


def _forwarding(means: Means) -> Finding:
    if not means.closed:
        return Finding("forwarding", True, "no chain of others keeps networks from reaching other hosts, by its policy")
    chain = means.closed[0]
    name = chain.rpartition(" ")[2]
    return Finding(
        "forwarding",
        False,
        f"{', '.join(means.closed)}: the policy drops what is forwarded, so containers on networks do not reach other"
        " hosts",
        f"let our bridges through: nft insert rule {chain} iifgroup {GROUP:#x} accept, and the same with oifgroup"
        + (f"; or iptables -I {name} -m devgroup --src-group {GROUP:#x} -j ACCEPT, and --dst-group" * name.isupper()),
    )


_CHECKS: tuple[_Check, ...] = (_firewall, _links, _ipv6, _forwarding)
