"""The rules of one network: a table of nftables of its own, as text for nft(8), made and deleted whole.

    prerouting    no container speaks as somebody of elsewhere (loopback too) or as a router; out of an internal network
                  nothing comes at all
    forward       out and back; in comes nobody from outside, and no other network
    output        connections of the host itself to a published port (TCP) go straight to the container
    postrouting   what leaves has the host's address; what the host redirected has one that the container can answer

Containers come and go as elements of the maps `ports4` and `ports6`. A connection from another host never meets them:
it is for a socket of this host, so the host's own chains for input hold. Nothing that those drop is accepted here: a
verdict `accept` ends our chain only, a `drop` of anybody's is final (nft(8), "VERDICT STATEMENT").

A datagram of the host's own goes to that socket too: the kernel remembers for minutes where it has redirected a sender
of datagrams to, longer than the container may be there (moby#8795).

Apart from these, `guard` is a table for a host that forwards packets only because of us.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

PREFIX = "onggi-"
"""Of the names of all our tables, which are of the family inet."""
GROUP = 0x6F6E67
"""The group of all our bridges, whatever they are called ("ong")."""
GUARD = "onggi-guard"
"""The table, of the families ip and ip6, that keeps a host from forwarding what is not for us or from us."""
_EVERYWHERE = {"0.0.0.0": "0.0.0.0/0", "::": "::/0"}
_ADDRESS = {text: address for address, text in _EVERYWHERE.items()}
_NEIGHBOURS = {"ip": ("224.0.0.0/4", "255.255.255.255"), "ip6": ("fe80::/10", "ff00::/8")}
"""What a link needs for itself, besides its subnets."""
_NAMELESS = {"ip": ("0.0.0.0",), "ip6": ("::", "fe80::/10")}
"""Senders that a link has besides its subnets: who has no address yet, and what a link needs for itself."""
_FAMILIES = {"ip": ("ports4", "ipv4_addr"), "ip6": ("ports6", "ipv6_addr")}
"""Word of nft → its map of ports, and the type of its addresses."""


class Firewall(msgspec.Struct, frozen=True):
    """What the rules of a network follow from. `id` is part of the table's name, `bridge` is its link, the subnets are
    written as 10.88.0.0/16. `is_internal`: it leads nowhere. `is_masqueraded`: what leaves has the host's address.
    `has_talk`: its containers can reach each other."""

    id: str
    bridge: str
    ipv4: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()
    is_internal: bool = False
    is_masqueraded: bool = True
    has_talk: bool = True


class Publication(msgspec.Struct, frozen=True, order=True):
    """`port` of the host at its `address` (0.0.0.0 or ::: all of them) is `to_port` of the container at `to_address`,
    of TCP. Both addresses are of one family."""

    address: str
    port: int
    to_address: str
    to_port: int


def table(network: str) -> str:
    """Its name, from the network's id."""
    return PREFIX + network


def create(firewall: Firewall, published: Iterable[Publication] = ()) -> str:
    """The whole table in place of the one that is there, if any: in one step, or not at all."""
    chains = "\n".join(
        _chain(name, hook, priority, rules)
        for name, hook, priority, rules in (
            ("prerouting", "filter hook prerouting", "raw", _arriving(firewall)),
            ("forward", "filter hook forward", "filter", _forwarding(firewall)),
            ("output", "nat hook output", "-100", _redirecting()),  # dstnat, which nft knows by name elsewhere only
            ("postrouting", "nat hook postrouting", "srcnat", _leaving(firewall)),
        )
    )
    maps = "\n".join(_map(word) for word in _FAMILIES)
    whole = f"table inet {table(firewall.id)} {{\n{maps}\n{chains}}}\n"
    return delete(firewall.id) + whole + publish(firewall.id, published)


def delete(network: str) -> str:
    """Nothing happens where there is none."""
    return f"table inet {table(network)}\ndelete table inet {table(network)}\n"


def guard(family: str) -> str:
    """The whole table in place of the one that is there, if any."""
    chain = _chain("forward", "filter hook forward", "filter", [f"iifgroup != {GROUP} oifgroup != {GROUP} drop"])
    return unguard(family) + f"table {family} {GUARD} {{\n{chain}}}\n"


def unguard(family: str) -> str:
    """Nothing happens where there is none."""
    return f"table {family} {GUARD}\ndelete table {family} {GUARD}\n"


def publish(network: str, published: Iterable[Publication]) -> str:
    """What is there already may be told again, if it leads to the same container."""
    return _elements("add", network, ((each, f"{_key(each)} : {_target(each)}") for each in published))


def withdraw(network: str, published: Iterable[Publication]) -> str:
    """All of them, or none if one is not there."""
    return _elements("delete", network, ((each, _key(each)) for each in published))


def published(listing: Iterable[Mapping[str, Any]]) -> tuple[Publication, ...]:
    """Those in a table, from what nft lists of it as JSON (libnftables-json(5)): its objects."""
    maps = [item["map"] for item in listing if "map" in item]
    return tuple(sorted(_publication(*element) for each in maps for element in each.get("elem", ())))


def _arriving(firewall: Firewall) -> Iterable[str]:
    yield f'iifname != "{firewall.bridge}" accept'
    # The link is let have packets of 127.0.0.0/8 (route_localnet), for the answers to what the host sends from there;
    # those come for the bridge's address and are turned back later (CVE-2020-8558).
    yield "ip daddr 127.0.0.0/8 drop"
    # Who has NET_RAW writes whatever sender it likes: one of elsewhere would leave the host as it is.
    for word, subnets in (("ip", firewall.ipv4), ("ip6", firewall.ipv6)):
        yield f"{word} saddr != {_set((*subnets, *_NAMELESS[word]))} drop"
    # A container is no router of the host (CVE-2020-13401).
    yield "icmp type redirect drop"
    yield "icmpv6 type { nd-router-advert, nd-redirect } drop"
    if firewall.is_internal:
        for word, subnets in (("ip", firewall.ipv4), ("ip6", firewall.ipv6)):
            yield f"{word} daddr != {_set((*subnets, *_NEIGHBOURS[word]))} drop"
        # A published port is a way to another network. The sockets of those have this option (linux/ports/listen.py),
        # and on a host hardly any others have.
        yield "meta l4proto { tcp, udp } socket transparent 1 drop"


def _forwarding(firewall: Firewall) -> Iterable[str]:
    bridge = firewall.bridge
    yield f'iifname "{bridge}" oifname "{bridge}" {"accept" if firewall.has_talk else "drop"}'
    yield f'oifname "{bridge}" ct state established,related accept'
    yield f'oifname "{bridge}" drop'


def _redirecting() -> Iterable[str]:
    # To ::1 no answer comes back: the kernel takes none for it from a link (rt6_need_strict), and IPv6 has no
    # route_localnet. What is sent there is left to who listens.
    yield "ip6 daddr ::1 accept"
    for word, (name, _) in _FAMILIES.items():
        yield f"fib daddr type local dnat {word} to {word} daddr . tcp dport map @{name}"


def _leaving(firewall: Firewall) -> Iterable[str]:
    # Else 127.0.0.1 would be the container itself, and an address of the host may be behind another of its networks.
    yield f'oifname "{firewall.bridge}" ct status dnat masquerade'
    if firewall.is_masqueraded:
        for word, subnets in (("ip", firewall.ipv4), ("ip6", firewall.ipv6)):
            if subnets:
                yield f"{word} saddr {_set(subnets)} oifgroup != {GROUP} masquerade"


def _chain(name: str, hook: str, priority: str, rules: Iterable[str]) -> str:
    lines = "".join(f"\t\t{rule}\n" for rule in rules)
    return f"\tchain {name} {{\n\t\ttype {hook} priority {priority}; policy accept;\n{lines}\t}}\n"


def _map(word: str) -> str:
    name, address = _FAMILIES[word]
    types = f"{address} . inet_service : {address} . inet_service"
    return f"\tmap {name} {{\n\t\ttype {types}\n\t\tflags interval\n\t}}\n"


def _set(elements: Iterable[str]) -> str:
    return f"{{ {', '.join(elements)} }}"


def _elements(verb: str, network: str, elements: Iterable[tuple[Publication, str]]) -> str:
    """One command for each map: a range may have thousands of ports."""
    found: dict[str, list[str]] = {}
    for each, text in elements:
        found.setdefault(_FAMILIES["ip6" if ":" in each.to_address else "ip"][0], []).append(text)
    return "".join(f"{verb} element inet {table(network)} {name} {_set(texts)}\n" for name, texts in found.items())


def _key(each: Publication) -> str:
    return f"{_EVERYWHERE.get(each.address, each.address)} . {each.port}"


def _target(each: Publication) -> str:
    return f"{each.to_address} . {each.to_port}"


def _publication(key: Mapping[str, Any], value: Mapping[str, Any]) -> Publication:
    address, port = key["concat"]
    if not isinstance(address, str):
        prefix = address["prefix"]
        address = _ADDRESS[f"{prefix['addr']}/{prefix['len']}"]
    return Publication(address, port, *value["concat"])
