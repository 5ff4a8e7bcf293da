"""`onggi container prune`."""

from __future__ import annotations

from onggi.cli import options
from onggi.cli.command import command as define
from onggi.cli.pruning import report
from onggi.cli.session import Session, pass_session


@define("prune")
@options.force_option
@pass_session
def command(session: Session, force: bool) -> None:
    """Remove all stopped containers, and what they have written."""
    if options.confirm("This will remove all stopped containers.", force=force):
        report(session.engine.containers.prune(), "Deleted Containers:")
