"""`onggi stop`, `onggi container stop`."""

from __future__ import annotations

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session


@define("stop")
@options.containers_argument
@options.stop_options
@pass_session
def command(session: Session, containers: tuple[str, ...], timeout: int | None, signal: str) -> int:
    """Stop containers: send each its stop signal, and SIGKILL if it has not ended in time."""
    stop = session.engine.containers.stop
    return each(containers, lambda name: stop(name, timeout, signal), debug=session.debug, at_once=True)
