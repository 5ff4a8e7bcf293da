"""`onggi pause`, `onggi container pause`."""

from __future__ import annotations

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session


@define("pause")
@options.containers_argument
@pass_session
def command(session: Session, containers: tuple[str, ...]) -> int:
    """Freeze all processes of containers, until `onggi unpause`."""
    return each(containers, session.engine.containers.pause, debug=session.debug, at_once=True)
