"""`onggi builder prune`."""

from __future__ import annotations

import time

import click

from onggi.amounts import bytes_of
from onggi.cli import options, pruning
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.engine.pruning import Allowance


@define("prune")
@click.option("-a", "--all", is_flag=True, expose_value=False, help="As in Docker; here nothing is spared without it.")
@click.option(
    "--filter",
    "filter_texts",
    multiple=True,
    metavar="KEY=VALUE",
    help="Remove only what matches: until=24h (not used since), type=regular, exec.cachemount or source.local, "
    "id=PATTERN, description=TEXT, shared=true (with images).",
)
@click.option(
    "--reserved-space",
    "--keep-storage",
    "reserved",
    default="",
    metavar="SIZE",
    help="Keep what was used last, up to so many bytes.",
)
@click.option("--max-used-space", "most", default="", metavar="SIZE", help="Leave no more than that.")
@click.option("--min-free-space", "free", default="", metavar="SIZE", help="Remove until the disk has so much room.")
@options.force_option
@pass_session
def command(session: Session, filter_texts: tuple[str, ...], reserved: str, most: str, free: str, force: bool) -> None:
    """Remove the build cache: results of steps, cache mounts, records of builds."""
    only = pruning.parse_cache_filter(filter_texts, time.time())
    allowance = Allowance(*(bytes_of(size) if size else 0 for size in (reserved, most, free)))
    if pruning.confirm("This will remove all build cache.", force=force):
        pruned = session.engine.system.prune_build_cache(only, allowance)
        pruning.show_deleted(pruned, "Deleted build cache objects:")
        pruning.show_total(pruned.reclaimed)
