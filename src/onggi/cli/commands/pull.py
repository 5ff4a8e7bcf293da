"""`onggi pull`, `onggi image pull`."""

from __future__ import annotations

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.engine.registry.pull import PullRequest
from onggi.oci import platform as platforms


@define("pull")
@click.argument("name", metavar="NAME[:TAG|@DIGEST]")
@click.option("-a", "--all-tags", is_flag=True, help="All tags of the repository.")
@click.option("--platform", default="", metavar="OS/ARCH", help="Of an image for several platforms: which one.")
@pass_session
def command(session: Session, name: str, all_tags: bool, platform: str) -> None:
    """Fetch an image from a registry."""
    request = PullRequest(name=name, all_tags=all_tags, platform=platforms.parse(platform) if platform else None)
    for pulled in session.engine.pull(request, lambda event: click.echo(repr(event), err=True)):
        click.echo(pulled.reference)
