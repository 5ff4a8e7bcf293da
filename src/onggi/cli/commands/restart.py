"""`onggi restart`, `onggi container restart`."""

from __future__ import annotations

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session


@define("restart")
@options.containers_argument
@options.stop_options
@pass_session
def command(session: Session, containers: tuple[str, ...], timeout: int | None, signal: str) -> int:
    """Stop containers and start them again; those that do not run are started."""
    restart = session.engine.containers.restart
    return each(containers, lambda name: restart(name, timeout, signal), debug=session.debug, at_once=True)
