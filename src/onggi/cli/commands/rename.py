"""`onggi rename`, `onggi container rename`."""

from __future__ import annotations

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("rename")
@click.argument("container")
@click.argument("name", metavar="NEW_NAME")
@pass_session
def command(session: Session, container: str, name: str) -> None:
    """Give a container another name. Its host name stays as it is."""
    session.engine.containers.rename(container, name)
