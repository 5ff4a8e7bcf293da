"""`prune`: what its filters mean, and what it says at its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from onggi.amounts import human_size
from onggi.cli import filters
from onggi.cli.units import parse_moment
from onggi.errors import Invalid

if TYPE_CHECKING:
    from onggi.engine.types import Pruned, PruneFilter

_FILTERS = ("until", "label", "label!")


def only(texts: Sequence[str], now: float) -> PruneFilter:
    """What `--filter` leaves to be removed. Raises Invalid."""
    from onggi.engine.types import PruneFilter

    found = filters.parse(texts, _FILTERS)
    moments = found.get("until", [])
    if len(moments) > 1:
        raise Invalid("more than one until filter", hint="things are removed that are older than one moment")
    return PruneFilter(
        until=parse_moment(moments[0], now) if moments else None,
        labels=tuple(found.get("label", ())),
        without=tuple(found.get("label!", ())),
    )


def deleted(pruned: Pruned, title: str) -> None:
    """A block of what went, a name a line; nothing if nothing did."""
    _block(title, [removed.name for removed in pruned.removed])


def deleted_images(pruned: Pruned) -> None:
    _block("Deleted Images:", [f"{removed.what}: {removed.name}" for removed in pruned.removed])


def total(reclaimed: int) -> None:
    """The last line."""
    click.echo(f"Total reclaimed space: {human_size(reclaimed, 4)}")


def _block(title: str, lines: Sequence[str]) -> None:
    if lines:
        click.echo("\n".join([title, *lines, ""]))
