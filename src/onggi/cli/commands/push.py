"""`onggi push`, `onggi image push`."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import Literal

import click

from onggi.cli import transfers
from onggi.cli.command import define
from onggi.cli.endings import tidy_end
from onggi.cli.progress import Style
from onggi.cli.session import Session, pass_session
from onggi.engine.types import PushRequest
from onggi.layer.compression import Squeeze
from onggi.oci import platform as platforms


@define("push")
@click.argument("name", metavar="NAME[:TAG]")
@transfers.all_tags_option
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
@transfers.progress_option
@transfers.quiet_option
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
    request = PushRequest(
        name=name,
        # DOCKER_DEFAULT_PLATFORM says what to make and fetch; what is here goes out as it is (docker/cli, push.go).
        platform=platforms.parse(platform) if platform else None,
        all_tags=all_tags,
        squeeze=Squeeze(compression, compression_level, force_compression),
    )
    transfers.settle_tags(name, all_tags=all_tags, is_told=not quiet and progress != "json")
    with tidy_end(), closing(transfers.screen(session, sys.stdout, "push", progress, quiet=quiet)) as draw:
        pushed = session.engine.push(request, draw)
    if quiet:
        for each in pushed:
            click.echo(each.reference)
