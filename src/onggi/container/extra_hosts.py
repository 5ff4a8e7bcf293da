"""`name:address`, what --add-host says → lines of /etc/hosts (docker/cli, opts/hosts.go)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from onggi.errors import Invalid

GATEWAY = "host-gateway"
"""An address that stands for the host."""
_NAME = r"[A-Za-z0-9_.-]{1,253}"


def parse(text: str) -> str:
    """`name:address` from that or from `name=address`, whose address may stand in brackets. Raises Invalid."""
    separator = "=" if "=" in text else ":"
    name, found, address = text.partition(separator)
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    if not found or not re.fullmatch(_NAME, name):
        raise Invalid(f"{text!r} is not a host and its address", hint="write NAME:ADDRESS: db.local:10.0.0.5")
    if address != GATEWAY:
        import ipaddress  # few builds need it

        try:
            address = str(ipaddress.ip_address(address))
        except ValueError as error:
            raise Invalid(
                f"the host {name} has no address: {address!r}", hint=f"write an IP address, or {GATEWAY} for this host"
            ) from error
    return f"{name}:{address}"


def asks_gateway(hosts: Iterable[str]) -> bool:
    """Whether one of them stands for the host."""
    return any(host.endswith(f":{GATEWAY}") for host in hosts)


def lines(hosts: Iterable[str], gateway: str) -> str:
    """What they add to /etc/hosts; `gateway` is the address by which the host is reached, "" where there is none: then
    what stands for it is left out."""
    pairs = (host.partition(":")[::2] for host in hosts)
    known = ((name, gateway if address == GATEWAY else address) for name, address in pairs)
    return "".join(f"{address}\t{name}\n" for name, address in known if address)
