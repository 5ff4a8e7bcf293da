"""Whom this host asks for names: its resolv.conf(5)."""

from __future__ import annotations

from pathlib import Path

from onggi.container.network.plan import Names
from onggi.container.spec import Dns

_FILE = "/etc/resolv.conf"


def names(dns: Dns, host: str, domain: str) -> Names:
    """What a container is called, and whom it asks: who it says, else the host's servers."""
    of_host = read(_FILE)
    return Names(
        host=host,
        domain=domain,
        servers=dns.servers or of_host.servers,
        is_own=bool(dns.servers),
        search=dns.search or of_host.search,
        options=dns.options or of_host.options,
    )


def read(path: str = _FILE) -> Dns:
    """Of a keyword that comes twice the last counts, but for nameserver."""
    found: dict[str, tuple[str, ...]] = {}
    try:
        lines = Path(path).read_text(errors="replace").splitlines()
    except FileNotFoundError:
        lines = []
    for line in lines:
        keyword, *values = line.split() or [""]
        before = found.get("nameserver", ()) if keyword == "nameserver" else ()
        found[keyword] = (*before, *values)
    return Dns(
        servers=found.get("nameserver", ()),
        search=found.get("search", found.get("domain", ())),
        options=found.get("options", ()),
    )
