"""`onggi network rm`."""

from __future__ import annotations

import click

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session
from onggi.errors import NotFound


@define("rm")
@options.networks_argument
@click.option("-f", "--force", is_flag=True, help="One that is not there is no failure.")
@pass_session
def command(session: Session, networks: tuple[str, ...], force: bool) -> int:
    """Remove networks. One that a container is in stays."""

    def remove(name: str) -> tuple[str, ...]:
        try:
            session.engine.networks.remove(name)
        except NotFound:
            if force:
                return ()
            raise
        return (name,)

    return each(networks, remove, debug=session.debug)
