"""Whom this host asks for names: its resolv.conf(5)."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from onggi.container.network.plan import Names
from onggi.container.network.resolving import over
from onggi.container.spec import Dns

_FILE = "/etc/resolv.conf"
_STUB = ("127.0.0.53",)
_BEHIND_STUB = "/run/systemd/resolve/resolv.conf"
"""Whom the stub of systemd-resolved(8) asks, which is there for this host alone."""


def names(dns: Dns, host: str, domain: str) -> Names:
    """What a container is called, and whom it asks: who it says, else the host's servers."""
    asked = over(dns, reachable())
    return Names(
        host=host,
        domain=domain,
        servers=asked.servers,
        is_own=bool(dns.servers),
        search=asked.search,
        options=asked.options,
    )


def reachable(path: str = _FILE, behind: str = _BEHIND_STUB) -> Dns:
    """As `read`, with servers that others than this host can ask, if it knows any (moby, internal/resolvconf)."""
    found = read(path)
    return replace(found, servers=read(behind).servers or found.servers) if found.servers == _STUB else found


def read(path: str = _FILE) -> Dns:
    """Of a keyword that comes twice the last counts, but for nameserver, which has one value: what is behind that is a
    comment."""
    found: dict[str, tuple[str, ...]] = {}
    try:
        lines = Path(path).read_text(errors="replace").splitlines()
    except FileNotFoundError:
        lines = []
    for line in lines:
        keyword, *values = line.split() or [""]
        found[keyword] = (*found.get(keyword, ()), *values[:1]) if keyword == "nameserver" else tuple(values)
    return Dns(
        servers=found.get("nameserver", ()),
        search=found.get("search", found.get("domain", ())),
        options=found.get("options", ()),
    )
