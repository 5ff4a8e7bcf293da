"""`onggi network ls`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onggi.cli import filters, options, units
from onggi.cli.command import define
from onggi.cli.listing import Columns, Row, show
from onggi.cli.naturally import naturally
from onggi.cli.session import Session, pass_session
from onggi.engine.network.networks import KEYS

if TYPE_CHECKING:
    from onggi.container.network.network import Network

HEADERS = {
    "ID": "NETWORK ID",
    "Name": "NAME",
    "Driver": "DRIVER",
    "Scope": "SCOPE",
    "IPv4": "IPV4",
    "IPv6": "IPV6",
    "Internal": "INTERNAL",
    "Labels": "LABELS",
    "Label": "LABEL",
    "CreatedAt": "CREATED AT",
}


@define("ls")
@options.quiet_option
@options.no_trunc_option
@options.filter_option(KEYS)
@options.format_option("{{.Name}}: {{.Driver}}")
@pass_session
def command(session: Session, quiet: bool, no_trunc: bool, filter_texts: tuple[str, ...], format: str) -> None:
    """List networks."""
    chosen = filters.parse(filter_texts, KEYS)
    networks = sorted(session.engine.networks.list(chosen), key=lambda network: naturally(network.name))
    rows = (row(network, no_trunc=no_trunc) for network in networks)
    show(Columns(HEADERS, ("ID", "Name", "Driver", "Scope")), rows, format, quiet=quiet)


def row(network: Network, *, no_trunc: bool) -> Row:
    """The fields of one network as Docker writes them."""
    fields: dict[str, Any] = {
        "ID": network.id if no_trunc else network.short_id,
        "Name": network.name,
        "Driver": network.driver,
        "Scope": "local",
        "IPv4": str(network.has_ipv4).lower(),
        "IPv6": str(network.has_ipv6).lower(),
        "Internal": str(network.is_internal).lower(),
        "Labels": ",".join(f"{key}={value}" for key, value in sorted(network.labels.items())),
        "Label": lambda key: network.labels.get(key, ""),
        "CreatedAt": units.go_time(network.created),
    }
    return fields
