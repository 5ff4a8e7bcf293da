"""`prune`: what its filters mean, what it asks before it begins and says at its end."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from onggi.amounts import human_size
from onggi.cli import filters
from onggi.engine import pruning
from onggi.errors import Invalid

if TYPE_CHECKING:
    from onggi.engine.pruning import CacheFilter
    from onggi.engine.types import Pruned, PruneFilter


def parse_filter(texts: Sequence[str], now: float) -> PruneFilter:
    """What `--filter` leaves to be removed. Raises Invalid."""
    return pruning.prune_filter(filters.parse(texts, pruning.KEYS), now)


def parse_cache_filter(texts: Sequence[str], now: float) -> CacheFilter:
    """The same, of the build cache."""
    return pruning.cache_filter(filters.parse(texts, pruning.CACHE_KEYS), now)


def parse_volume_filter(texts: Sequence[str], everything: bool) -> tuple[PruneFilter, bool]:
    """The same, of volumes; and whether those with names go too, as `everything` says or a filter of Docker's."""
    found = filters.parse(texts, pruning.VOLUME_KEYS)
    if everything and "all" in found:
        raise Invalid("conflicting options: cannot specify both --all and --filter all=1")
    only, takes_named = pruning.volume_filter(found)
    return only, everything or takes_named


def confirm(warning: str, *, force: bool) -> bool:
    """Asks on the terminal, unless `force`. No answer (the end of input) means no, which is told."""
    if force:
        return True
    click.echo(f"WARNING! {warning}")
    click.echo("Are you sure you want to continue? [y/N] ", nl=False)
    answer = sys.stdin.readline()
    if answer.strip().lower() in ("y", "yes"):
        return True
    if not (answer and sys.stdin.isatty()):
        click.echo()  # the line of the question, which only a person's return key has ended
    click.echo("Nothing was removed.")
    return False


def show_deleted(pruned: Pruned, title: str) -> None:
    """A block of what went, a name a line; nothing if nothing did."""
    _show(title, [removed.name for removed in pruned.removed])


def show_deleted_images(pruned: Pruned) -> None:
    _show("Deleted Images:", [f"{removed.what}: {removed.name}" for removed in pruned.removed])


def show_total(reclaimed: int) -> None:
    """The last line."""
    click.echo(f"Total reclaimed space: {human_size(reclaimed, 4)}")


def _show(title: str, lines: Sequence[str]) -> None:
    if lines:
        click.echo("\n".join([title, *lines, ""]))
