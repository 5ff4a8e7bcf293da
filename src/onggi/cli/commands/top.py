"""`onggi top`, `onggi container top`."""

from __future__ import annotations

import sys

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.cli.streams import columns
from onggi.cli.table import layout

_LEAST_WIDTH = 20


@define("top", context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})
@click.argument("container")
@click.argument("ps_options", nargs=-1, type=click.UNPROCESSED, metavar="[PS OPTIONS]")
@pass_session
def command(session: Session, container: str, ps_options: tuple[str, ...]) -> None:
    """Show the processes of a container, by the numbers that they have on the host. PS OPTIONS are those of the host's
    ps, -ef by default; the column PID must be among those that it shows."""
    found = session.engine.containers.top(container, ps_options)
    click.echo(layout([found.titles, *found.rows], columns(sys.stdout), least=_LEAST_WIDTH), nl=False)
