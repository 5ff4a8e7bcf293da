"""`onggi container prune`."""

from __future__ import annotations

import time

from onggi.cli import options, pruning
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("prune")
@options.prune_filter_option
@options.force_option
@pass_session
def command(session: Session, filter_texts: tuple[str, ...], force: bool) -> None:
    """Remove all stopped containers, and what they have written."""
    only = pruning.parse_filter(filter_texts, time.time())
    if pruning.confirm("This will remove all stopped containers.", force=force):
        pruned = session.engine.containers.prune(only)
        pruning.show_deleted(pruned, "Deleted Containers:")
        pruning.show_total(pruned.reclaimed)
