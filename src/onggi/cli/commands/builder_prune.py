"""`onggi builder prune`."""

from __future__ import annotations

import time

import click

from onggi.amounts import bytes_of
from onggi.cli import options, pruning
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("prune")
@click.option("-a", "--all", is_flag=True, expose_value=False, help="As in Docker; here nothing is spared without it.")
@click.option(
    "--filter",
    "filter_texts",
    multiple=True,
    metavar="KEY=VALUE",
    help="Remove only what matches: until=24h (not used since), type=regular or type=exec.cachemount.",
)
@click.option("--keep-storage", default="", metavar="SIZE", help="Keep what was used last, up to so many bytes.")
@options.force_option
@pass_session
def command(session: Session, filter_texts: tuple[str, ...], keep_storage: str, force: bool) -> None:
    """Remove the build cache: results of steps, cache mounts, records of builds."""
    only = pruning.parse_cache_filter(filter_texts, time.time())
    keep = bytes_of(keep_storage) if keep_storage else None
    if pruning.confirm("This will remove all build cache.", force=force):
        pruned = session.engine.system.prune_build_cache(only, keep)
        pruning.show_deleted(pruned, "Deleted build cache objects:")
        pruning.show_total(pruned.reclaimed)
