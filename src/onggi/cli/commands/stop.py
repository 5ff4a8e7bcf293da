"""`onggi stop`, `onggi container stop`."""

from __future__ import annotations

import click

from onggi.cli import options
from onggi.cli.command import command as define
from onggi.cli.session import Session, pass_session


@define("stop")
@options.containers_argument
@click.option(
    "-t",
    "--timeout",
    "--time",
    type=int,
    metavar="SECONDS",
    help="How long to wait before SIGKILL; -1: for ever.  [default: the container's own, else 10]",
)
@pass_session
def command(session: Session, containers: tuple[str, ...], timeout: int | None) -> int:
    """Stop containers: send each its stop signal, and SIGKILL if it has not ended in time."""
    containers_of = session.engine.containers
    return options.each(containers, lambda name: containers_of.stop(name, timeout), debug=session.debug)
