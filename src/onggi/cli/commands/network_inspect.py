"""`onggi network inspect`."""

from __future__ import annotations

from onggi.cli import later, options
from onggi.cli.command import define
from onggi.cli.inspection import inspect
from onggi.cli.session import Session, pass_session


@define("inspect", later=later.NETWORK_INSPECT)
@options.networks_argument
@options.inspect_format_option("{{.IPAM.Config}}")
@pass_session
def command(session: Session, networks: tuple[str, ...], format: str) -> int:
    """Show all that is known of networks, as JSON; of containers those that run."""
    return inspect(networks, session.engine.networks.inspect, format)
