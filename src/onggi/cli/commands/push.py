"""`onggi push`, `onggi image push`."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import Literal

import click

from onggi.cli import pulling
from onggi.cli.command import define
from onggi.cli.endings import tidy_end
from onggi.cli.progress import Style
from onggi.cli.session import Session, pass_session
from onggi.engine.registry.push import PushRequest
from onggi.errors import Invalid
from onggi.layer.compression import Squeeze
from onggi.oci import platform as platforms
from onggi.oci import reference as references


@define("push")
@click.argument("name", metavar="NAME[:TAG]")
@click.option("-a", "--all-tags", is_flag=True, help="All tags of the repository.")
@click.option(
    "--platform",
    default="",
    metavar="OS/ARCH[/VARIANT]",
    help="Of an image for several platforms only this one.  [default: all that are here]",
)
@click.option(
    "--compression",
    type=click.Choice(["gzip", "zstd", "none"]),
    default="gzip",
    show_default=True,
    help="Of layers that are not compressed yet.",
)
@click.option(
    "--compression-level", type=int, metavar="N", help="gzip 0 to 3, zstd 1 to 22.  [default: gzip 2, zstd 3]"
)
@click.option("--force-compression", is_flag=True, help="Also of layers that are compressed otherwise already.")
@pulling.progress_option
@click.option("-q", "--quiet", is_flag=True, help="Print the image's name only.")
@pass_session
def command(
    session: Session,
    name: str,
    all_tags: bool,
    platform: str,
    compression: Literal["none", "gzip", "zstd"],
    compression_level: int | None,
    force_compression: bool,
    progress: Style,
    quiet: bool,
) -> None:
    """Send an image to its registry, as far as it is not there."""
    if all_tags and references.has_tag(name):
        raise Invalid("tag can't be used with --all-tags/-a", hint="name the repository alone")
    request = PushRequest(
        name=name,
        # DOCKER_DEFAULT_PLATFORM says what to make and fetch; what is here goes out as it is (docker/cli, push.go).
        platform=platforms.parse(platform) if platform else None,
        all_tags=all_tags,
        squeeze=Squeeze(compression, compression_level, force_compression),
    )
    if quiet:
        with tidy_end():
            pushed = session.engine.push(request)
        click.echo("\n".join(str(each.reference) for each in pushed))
        return
    if progress != "json" and not all_tags and not references.has_tag(name):
        click.echo(f"Using default tag: {references.DEFAULT_TAG}")
    from onggi.cli.progress.transfer import PUSH, renderer

    with tidy_end(), closing(renderer(progress, sys.stdout, PUSH, session.environ)) as draw:
        session.engine.push(request, draw)
