"""Whether this host forwards packets, which networks that lead out need. The switch itself says who has turned it on:

    0   it is off
    2   we have, and a table of rules keeps the host from forwarding what is not for our networks or from them
    1   somebody else has, and it is theirs (as with any other number)

So it is known whatever becomes of rules and files; and who turns forwarding on writes 1 and takes it over, even if they
look first: Docker does unless it reads 1, and so do others. Why: docs/decisions/0025-forwarding.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from onggi.container.network import rules
from onggi.errors import Denied
from onggi.linux import nft
from onggi.linux.netlink import Netlink, links
from onggi.linux.netlink.tables import Tables

SWITCHES = {"ip": "/proc/sys/net/ipv4/ip_forward", "ip6": "/proc/sys/net/ipv6/conf/all/forwarding"}
"""Word of nft → the file."""
_OFF, _OURS = "0", "2"
_LINKS = "/proc/sys/net/ipv6/conf"
_WHILE_OFF, _ALWAYS = "1", "2"
"""Whether a link is told by routers what to do: while the host forwards nothing itself, or all the same."""
_DOING = "cannot guard what this host forwards"


def is_settled(tables: Tables, families: Iterable[str]) -> bool:
    """Whether it is on, and guarded if and only if it is so because of us."""
    return all(
        value != _OFF and tables.has(family, rules.GUARD) == (value == _OURS)
        for family in families
        for value in [_read(SWITCHES[family])]
    )


def provide(netlink: Netlink, tables: Tables, families: Iterable[str]) -> None:
    """Make it so. The caller holds the lock of bridges. Raises Denied."""
    for family in families:
        value = _read(SWITCHES[family])
        if value in (_OFF, _OURS):
            nft.apply(rules.guard(family), _DOING)  # first: there is no moment without it
        elif tables.has(family, rules.GUARD):
            nft.apply(rules.unguard(family), _DOING)
        if value == _OFF:
            if family == "ip6":
                _keep_routers(netlink)
            _write(SWITCHES[family], _OURS)


def take_back(tables: Tables) -> None:
    """No bridge of ours is there any more. The caller holds the lock of bridges."""
    for family, switch in SWITCHES.items():
        if os.path.exists(switch) and _read(switch) == _OURS:
            _write(switch, _OFF)
        if tables.has(family, rules.GUARD):
            nft.apply(rules.unguard(family), _DOING)


def _keep_routers(netlink: Netlink) -> None:
    """A host that forwards heeds no routers, and forgets those that it has heeded, unless a link is told otherwise."""
    ours = {link.name for link in links.every(netlink) if link.group == rules.GROUP}
    for name in sorted({*os.listdir(_LINKS)} - {"all", "default"} - ours):
        path = f"{_LINKS}/{name}/accept_ra"
        if _read(path) == _WHILE_OFF:
            _write(path, _ALWAYS)


def _read(path: str) -> str:
    with open(path) as file:
        return file.read().strip()


def _write(path: str, value: str) -> None:
    name = path.removeprefix("/proc/sys/").replace("/", ".")
    try:
        with open(path, "w") as file:
            file.write(value)
    except OSError as error:
        raise Denied(
            f"cannot set {name} to {value}, which networks need that lead out: {error.strerror}",
            hint=f"`sysctl -w {name}=1` where that is allowed, or make the network with --internal",
        ) from error
