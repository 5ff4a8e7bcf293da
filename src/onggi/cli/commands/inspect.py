"""`onggi inspect`: containers first, then images, networks and volumes, as in Docker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.inspection import inspect
from onggi.cli.session import Session, pass_session
from onggi.errors import NotFound


@define("inspect")
@click.argument("names", nargs=-1, required=True, metavar="NAME|ID...")
@options.inspect_format_option("{{.Id}}")
@options.size_option
@click.option(
    "--type", "kind", type=click.Choice(["container", "image", "network", "volume"]), help="Look only among these."
)
@pass_session
def command(session: Session, names: tuple[str, ...], format: str, size: bool, kind: str | None) -> int:
    """Show all that is known of containers, images, networks and volumes, as JSON."""
    engine = session.engine
    finders: dict[str, Callable[[str], dict[str, Any]]] = {
        "container": lambda name: engine.containers.inspect(name, size),
        "image": engine.images.inspect,
        "network": lambda name: engine.networks.inspect(name),
        "volume": lambda name: engine.volumes.inspect(name),
    }

    def find(name: str) -> dict[str, Any]:
        for each in [kind] if kind else finders:
            try:
                return finders[each](name)
            except NotFound:
                continue
        raise NotFound(f"No such {kind or 'object'}: {name}")

    return inspect(names, find, format)
