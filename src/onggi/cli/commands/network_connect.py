"""`onggi network connect`."""

from __future__ import annotations

import click

from onggi.cli import later
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("connect", later=later.NETWORK_CONNECT)
@click.argument("network")
@click.argument("container")
@click.option("--alias", "aliases", multiple=True, metavar="NAME", help="One more name by which others there find it.")
@click.option("--ip", default="", metavar="ADDRESS", help="Its IPv4 address there.")
@click.option("--ip6", default="", metavar="ADDRESS", help="Its IPv6 address there.")
@click.option(
    "--link", "links", multiple=True, metavar="NAME[:ALIAS]", help="Know another container there by this name."
)
@click.option(
    "--gw-priority",
    "priority",
    type=int,
    default=0,
    metavar="NUMBER",
    help="Of its networks the one with the highest is its way out; of several the first by name.  [default: 0]",
)
@pass_session
def command(
    session: Session,
    network: str,
    container: str,
    aliases: tuple[str, ...],
    ip: str,
    ip6: str,
    links: tuple[str, ...],
    priority: int,
) -> None:
    """Let a container into one more network: at once if it runs, else from its next start on."""
    from onggi.container.network import link
    from onggi.container.network.attachment import attachment

    asked = attachment(network, aliases, ip, ip6, priority=priority)
    session.engine.networks.connect(container, asked, tuple(map(link.parse, links)))
