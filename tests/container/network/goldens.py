"""`rules/<case>.nft` are what the rules of a few networks are, `plans/<case>.txt` how a few containers come to be on
them; `scripts/goldens` compares and renews both."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from msgspec.structs import replace

from onggi.container.network import pool
from onggi.container.network.attachment import Endpoint
from onggi.container.network.network import (
    BRIDGE_NAME,
    INTERFACE_PREFIX,
    MTU,
    PARENT,
    TALK,
    Network,
    Subnet,
)
from onggi.container.network.plan import Names, plan
from onggi.container.network.rules import Firewall, Publication, create, guard

FOLDER = Path(__file__).parent / "rules"
PLANS = Path(__file__).parent / "plans"


def _network(name: str, digit: str, *subnets: Subnet) -> Network:
    return Network(id=digit * 64, created=0, name=name, subnets=subnets)


def _endpoint(network: Network, position: int, priority: int) -> Endpoint:
    ipv4 = pool.choose_address(network, 4, ())
    ipv6 = pool.choose_address(network, 6, ()) if network.has_ipv6 else ""
    return Endpoint(
        container=_CONTAINER,
        network=network.id,
        position=position,
        ipv4=ipv4,
        ipv6=ipv6,
        mac=pool.mac(ipv4),
        priority=priority,
    )


_BRIDGE = Firewall("0123456789ab", "ong-0123456789a", ("10.88.0.0/16",))
_BOTH = replace(_BRIDGE, ipv6=("fd00:88::/64",))
CASES = {
    "bridge": create(_BRIDGE),
    "both-families": create(_BOTH),
    "internal": create(replace(_BOTH, is_internal=True, is_masqueraded=False)),
    "routed": create(replace(_BOTH, is_masqueraded=False)),
    "silent": create(replace(_BRIDGE, has_talk=False)),
    "several-subnets": create(replace(_BRIDGE, ipv4=("10.88.0.0/16", "10.89.0.0/16"))),
    "ports": create(
        _BOTH,
        (
            Publication("0.0.0.0", 8080, "10.88.0.2", 80),
            Publication("::", 8080, "fd00:88::2", 80),
            Publication("127.0.0.1", 53, "10.88.0.3", 5353),
        ),
    ),
    "guard": guard("ip") + guard("ip6"),
}
"""Name → text."""

_CONTAINER = "c0ffee" + 58 * "0"
_SHOP = _network("shop", "1", Subnet("10.88.0.0/16", "10.88.0.1"))
_DUAL = replace(_SHOP, subnets=(*_SHOP.subnets, Subnet("fd00:88::/64", "fd00:88::1")), has_ipv6=True)
_DEFAULT = _network("bridge", "2", Subnet("172.17.0.0/16", "172.17.0.1"))
_BACKEND = replace(_network("backend", "3", Subnet("10.89.0.0/16", "10.89.0.1")), is_internal=True)
_LAN = replace(
    _network("lan", "4", Subnet("192.0.2.0/24", "192.0.2.1")), driver="macvlan", options={PARENT: "eth7", MTU: "1400"}
)
_QUIET = replace(_SHOP, options={TALK: "false", BRIDGE_NAME: "quiet0", INTERFACE_PREFIX: "lan"})
_NAMES = Names(host="web", domain="example.org", servers=("127.0.0.53", "192.0.2.53"), search=("example.org",))


def _plan(*networks: Network, names: Names = _NAMES, priority: int = 0) -> str:
    """Of a container that has the address with 2 at its end everywhere, and `priority` in the last network."""
    endpoints = [
        _endpoint(network, position, priority * (network is networks[-1])) for position, network in enumerate(networks)
    ]
    return plan(networks, endpoints, names).show()


PLAN_CASES = {
    "own": _plan(_SHOP),
    "both-families": _plan(_DUAL),
    "default": _plan(_DEFAULT),
    "default-own-servers": _plan(_DEFAULT, names=replace(_NAMES, is_own=True, options=("timeout:1",))),
    "internal": _plan(_BACKEND),
    "several": _plan(_SHOP, _BACKEND, _DEFAULT),
    "several-with-priority": _plan(_DEFAULT, _SHOP, priority=1),
    "macvlan": _plan(_LAN, _BACKEND),
    "options": _plan(_QUIET),
}
"""Name → text."""
TEXTS = {FOLDER / f"{name}.nft": text for name, text in CASES.items()} | {
    PLANS / f"{name}.txt": text for name, text in PLAN_CASES.items()
}
"""Where each is."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true")
    update = parser.parse_args().update
    stale = [path for path, text in TEXTS.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if update:
            path.write_text(TEXTS[path])
        print(f"{'wrote' if update else 'stale'} {path.parent.name}/{path.name}")
    return 1 if stale and not update else 0


if __name__ == "__main__":
    sys.exit(main())
