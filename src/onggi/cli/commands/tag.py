"""`onggi tag`, `onggi image tag`."""

from __future__ import annotations

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("tag")
@click.argument("source", metavar="SOURCE_IMAGE[:TAG]")
@click.argument("target", metavar="TARGET_IMAGE[:TAG]")
@pass_session
def command(session: Session, source: str, target: str) -> None:
    """Give the image that SOURCE_IMAGE names another name. If another image had it, that one loses it."""
    session.engine.images.tag(source, target)
