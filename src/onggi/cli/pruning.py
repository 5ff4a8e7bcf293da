"""What `prune` says at its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from onggi.cli.units import human_size

if TYPE_CHECKING:
    from onggi.engine.types import Pruned


def report(pruned: Pruned, title: str, line: Callable[[str], str] = str) -> None:
    """What went, a name a line as `line` words it, and the bytes that came free."""
    if pruned.names:
        click.echo("\n".join([title, *map(line, pruned.names), ""]))
    click.echo(f"Total reclaimed space: {human_size(pruned.reclaimed, 4)}")
