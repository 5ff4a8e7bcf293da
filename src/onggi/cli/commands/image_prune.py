"""`onggi image prune`."""

from __future__ import annotations

import time

import click

from onggi.cli import options, pruning
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("prune")
@click.option("-a", "--all", "everything", is_flag=True, help="Also named images that no container uses.")
@options.prune_filter_option
@options.force_option
@pass_session
def command(session: Session, everything: bool, filter_texts: tuple[str, ...], force: bool) -> None:
    """Remove dangling images: those that have no name and that no container uses."""
    only = pruning.parse_filter(filter_texts, time.time())
    what = "images without at least one container associated to them" if everything else "dangling images"
    if pruning.confirm(f"This will remove all {what}.", force=force):
        pruned = session.engine.images.prune(everything, only)
        pruning.show_deleted_images(pruned)
        pruning.show_total(pruned.reclaimed)
