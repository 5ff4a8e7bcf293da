"""`onggi unpause`, `onggi container unpause`."""

from __future__ import annotations

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session


@define("unpause")
@options.containers_argument
@pass_session
def command(session: Session, containers: tuple[str, ...]) -> int:
    """Let containers that are paused go on."""
    return each(containers, session.engine.containers.unpause, debug=session.debug, at_once=True)
