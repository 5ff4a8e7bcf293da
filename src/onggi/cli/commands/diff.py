"""`onggi diff`, `onggi container diff`."""

from __future__ import annotations

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.cli.table import printable


@define("diff")
@click.argument("container")
@pass_session
def command(session: Session, container: str) -> None:
    """Show what CONTAINER did to the files of its image: A is added, C changed, D deleted. A folder is changed when
    something in it is. What is mounted in the container is no part of it."""
    changes = session.engine.containers.changes(container)
    click.echo("".join(f"{change.kind} {printable(change.path)}\n" for change in changes), nl=False)
