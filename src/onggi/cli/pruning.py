"""`prune`: what its filters mean, what it asks before it begins and says at its end."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from onggi.amounts import human_size
from onggi.cli import filters
from onggi.cli.units import parse_moment
from onggi.engine.filters import truth
from onggi.errors import Invalid
from onggi.suggest import did_you_mean

if TYPE_CHECKING:
    from onggi.engine.types import Pruned, PruneFilter

_FILTERS = ("until", "label", "label!")
_VOLUME_FILTERS = ("label", "label!", "all")
_CACHE_FILTERS = ("until", "type")
_CACHE_TYPES = ("regular", "exec.cachemount")


def parse_filter(texts: Sequence[str], now: float) -> PruneFilter:
    """What `--filter` leaves to be removed. Raises Invalid."""
    return _filter(filters.parse(texts, _FILTERS), now)


def parse_cache_filter(texts: Sequence[str], now: float) -> PruneFilter:
    """The same, of the build cache."""
    found = filters.parse(texts, _CACHE_FILTERS)
    for kind in found.get("type", ()):
        if kind not in _CACHE_TYPES:
            raise Invalid(
                f"the build cache has no type {kind}{did_you_mean(kind, _CACHE_TYPES)}",
                hint=f"types: {', '.join(_CACHE_TYPES)}",
            )
    return _filter(found, now)


def parse_volume_filter(texts: Sequence[str], everything: bool) -> tuple[PruneFilter, bool]:
    """The same, of volumes, whose age is nothing to go by; and whether those with names go too, as `everything` says or
    a filter of Docker's."""
    found = filters.parse(texts, _VOLUME_FILTERS)
    if everything and "all" in found:
        raise Invalid("conflicting options: cannot specify both --all and --filter all=1")
    asked = [truth("all", value) for value in found.get("all", ())]
    return _filter(found, 0.0), everything or any(asked)


def _filter(found: Mapping[str, Sequence[str]], now: float) -> PruneFilter:
    from onggi.engine.types import PruneFilter

    moments = found.get("until", [])
    if len(moments) > 1:
        raise Invalid("more than one until filter", hint="things are removed that are older than one moment")
    return PruneFilter(
        until=parse_moment(moments[0], now) if moments else None,
        labels=tuple(found.get("label", ())),
        without=tuple(found.get("label!", ())),
        types=tuple(found.get("type", ())),
    )


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
