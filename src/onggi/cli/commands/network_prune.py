"""`onggi network prune`."""

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
    """Remove the networks that no container is in."""
    only = pruning.parse_filter(filter_texts, time.time())
    if pruning.confirm("This will remove all custom networks not used by at least one container.", force=force):
        pruning.show_deleted(session.engine.networks.prune(only), "Deleted Networks:")
