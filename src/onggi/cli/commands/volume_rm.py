"""`onggi volume rm`."""

from __future__ import annotations

import click

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session


@define("rm")
@options.volumes_argument
@click.option("-f", "--force", is_flag=True, help="One that is not there is no failure.")
@pass_session
def command(session: Session, volumes: tuple[str, ...], force: bool) -> int:
    """Remove volumes, with what is in them. One that a container has stays."""
    return each(volumes, session.engine.volumes.remove, debug=session.debug, may_be_missing=force)
