"""`onggi pull`, `onggi image pull`."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import click

from onggi.cli import pulling
from onggi.cli.command import define
from onggi.cli.endings import tidy_end
from onggi.cli.progress import Style
from onggi.cli.session import Session, pass_session
from onggi.engine.registry.pull import PullRequest
from onggi.errors import Invalid
from onggi.oci import platform as platforms
from onggi.oci import reference as references


@define("pull")
@click.argument("name", metavar="NAME[:TAG|@DIGEST]")
@click.option("-a", "--all-tags", is_flag=True, help="All tags of the repository.")
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
@pulling.progress_option
@click.option("-q", "--quiet", is_flag=True, help="Print the image's name only.")
@pass_session
def command(
    session: Session, name: str, all_tags: bool, platform: str, keys: tuple[Path, ...], progress: Style, quiet: bool
) -> None:
    """Fetch an image from a registry, as far as it is not here."""
    if all_tags and references.has_tag(name):
        raise Invalid("tag can't be used with --all-tags/-a", hint="name the repository alone")
    text = platform or session.environ.get("DOCKER_DEFAULT_PLATFORM", "")
    wanted = platforms.parse(text) if text else None
    request = PullRequest(name=name, platform=wanted, all_tags=all_tags, keys=keys)
    is_told = not quiet and progress != "json"
    if is_told and not all_tags and not references.has_tag(name):
        click.echo(f"Using default tag: {references.DEFAULT_TAG}")
    with tidy_end(), closing(pulling.screen(session, sys.stdout, progress, quiet=quiet)) as draw:
        pulled = session.engine.pull(request, draw)
    for each in pulled:
        pulling.warn_of_platform(each)
        if progress != "json":
            click.echo(each.reference)
