"""`onggi rm`, `onggi container rm`."""

from __future__ import annotations

import click

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session


@define("rm")
@options.containers_argument
@click.option("-f", "--force", is_flag=True, help="Also those that run: they are killed first.")
@click.option("-v", "--volumes", is_flag=True, help="Also their volumes that have no name.")
@pass_session
def command(session: Session, containers: tuple[str, ...], force: bool, volumes: bool) -> int:
    """Remove containers and what they have written."""
    remove = session.engine.containers.remove
    return each(
        containers,
        lambda name: remove(name, force=force, volumes=volumes),
        debug=session.debug,
        at_once=True,
        may_be_missing=force,
    )
