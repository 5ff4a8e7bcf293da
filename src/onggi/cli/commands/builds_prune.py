"""`onggi builds prune`."""

from __future__ import annotations

import time

import click

from onggi.cli import options, pruning
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("prune")
@click.option(
    "--filter", "filter_texts", multiple=True, metavar="until=TIME", help="Forget only builds that began before TIME."
)
@options.force_option
@pass_session
def command(session: Session, filter_texts: tuple[str, ...], force: bool) -> None:
    """Forget all builds that have ended, with their logs. What they made stays in the build cache."""
    only = pruning.parse_filter(filter_texts, time.time())
    if pruning.confirm("This will forget all builds that have ended.", force=force):
        pruned = session.engine.builds.prune(only)
        pruning.show_deleted(pruned, "Deleted build records:")
        pruning.show_total(pruned.reclaimed)
