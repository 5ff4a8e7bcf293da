"""`onggi volume rm`."""

from __future__ import annotations

from contextlib import nullcontext, suppress

import click

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session
from onggi.errors import NotFound


@define("rm")
@options.volumes_argument
@click.option("-f", "--force", is_flag=True, help="One that is not there is no failure.")
@pass_session
def command(session: Session, volumes: tuple[str, ...], force: bool) -> int:
    """Remove volumes, with what is in them. One that a container has stays."""

    def remove(name: str) -> None:
        with suppress(NotFound) if force else nullcontext():
            session.engine.volumes.remove(name)

    return each(volumes, remove, debug=session.debug)
