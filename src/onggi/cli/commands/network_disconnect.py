"""`onggi network disconnect`."""

from __future__ import annotations

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("disconnect")
@click.argument("network")
@click.argument("container")
@click.option("-f", "--force", is_flag=True, help="Its link and address there go, even if another step fails.")
@pass_session
def command(session: Session, network: str, container: str, force: bool) -> None:
    """Take a container out of a network: at once if it runs."""
    session.engine.networks.disconnect(container, network, force)
