"""Hosts as URLs name them."""

from __future__ import annotations

import ipaddress
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def address(name: str) -> Address | None:
    """None for a host that is named by no address."""
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def is_loopback(name: str) -> bool:
    """Whether it is this machine itself: localhost, 127.0.0.0/8, ::1."""
    found = address(name)
    return name == "localhost" if found is None else found.is_loopback


def without_port(host: str) -> str:
    """`localhost:5000` → `localhost`, `[::1]:5000` → `::1`."""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name.strip("[]")
