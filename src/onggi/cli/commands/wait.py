"""`onggi wait`, `onggi container wait`."""

from __future__ import annotations

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.each import each
from onggi.cli.session import Session, pass_session


@define("wait")
@options.containers_argument
@pass_session
def command(session: Session, containers: tuple[str, ...]) -> int:
    """Wait until each container has ended, and print its exit code."""
    wait = session.engine.containers.wait
    return each(containers, lambda name: [str(wait(name))], debug=session.debug)
