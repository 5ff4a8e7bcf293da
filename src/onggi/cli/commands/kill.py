"""`onggi kill`, `onggi container kill`."""

from __future__ import annotations

import click

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session


@define("kill")
@options.containers_argument
@click.option("-s", "--signal", default="KILL", metavar="SIGNAL", help="A name or a number.  [default: KILL]")
@pass_session
def command(session: Session, containers: tuple[str, ...], signal: str) -> int:
    """Send a signal to the first process of each container."""
    kill = session.engine.containers.kill
    return each(containers, lambda name: kill(name, signal), debug=session.debug, at_once=True)
