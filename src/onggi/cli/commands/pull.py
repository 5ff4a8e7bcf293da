"""`onggi pull`, `onggi image pull`."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import click

from onggi.cli import pulling, transfers
from onggi.cli.command import define
from onggi.cli.endings import tidy_end
from onggi.cli.progress import Style
from onggi.cli.session import Session, pass_session
from onggi.engine.types import PullRequest
from onggi.oci import platform as platforms


@define("pull")
@click.argument("name", metavar="NAME[:TAG|@DIGEST]")
@transfers.all_tags_option
@click.option(
    "--platform",
    default="",
    metavar="OS/ARCH[/VARIANT]",
    help="Which image of one for several platforms.  [default: DOCKER_DEFAULT_PLATFORM, or this machine's]",
)
@click.option(
    "--verify",
    "keys",
    multiple=True,
    metavar="KEY",
    type=click.Path(path_type=Path),
    help="Only if it is signed with this public key (cosign's); of several, with one of them.",
)
@transfers.progress_option
@transfers.quiet_option
@pass_session
def command(
    session: Session, name: str, all_tags: bool, platform: str, keys: tuple[Path, ...], progress: Style, quiet: bool
) -> None:
    """Fetch an image from a registry, as far as it is not here."""
    text = platform or session.environ.get("DOCKER_DEFAULT_PLATFORM", "")
    wanted = platforms.parse(text) if text else None
    request = PullRequest(name=name, platform=wanted, all_tags=all_tags, keys=keys)
    transfers.settle_tags(name, all_tags=all_tags, is_told=not quiet and progress != "json")
    with tidy_end(), closing(transfers.screen(session, sys.stdout, "pull", progress, quiet=quiet)) as draw:
        pulled = session.engine.pull(request, draw)
    for each in pulled:
        pulling.warn_of_platform(each)
        if progress != "json":
            click.echo(each.reference)
