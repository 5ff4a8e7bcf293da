"""`onggi volume prune`."""

from __future__ import annotations

import click

from onggi.cli import options, pruning
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("prune")
@click.option("-a", "--all", "everything", is_flag=True, help="Also those that somebody has named.")
@options.volume_filter_option
@options.force_option
@pass_session
def command(session: Session, everything: bool, filter_texts: tuple[str, ...], force: bool) -> None:
    """Remove the volumes that nobody has named and no container has, with what is in them."""
    only, takes_named = pruning.parse_volume_filter(filter_texts, everything)
    which = "all" if takes_named else "anonymous"
    if pruning.confirm(f"This will remove {which} local volumes not used by at least one container.", force=force):
        pruned = session.engine.volumes.prune(takes_named, only)
        pruning.show_deleted(pruned, "Deleted Volumes:")
        pruning.show_total(pruned.reclaimed)
