"""`onggi save`, `onggi image save`."""

from __future__ import annotations

from typing import Literal

import click

from onggi.cli import options, streams
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("save")
@options.images_argument
@click.option("-o", "--output", default="", metavar="FILE", help="Write there, not to stdout.")
@click.option(
    "--format",
    type=click.Choice(["docker", "oci"]),
    default="docker",
    show_default=True,
    help="docker: what docker load takes (newer ones take both). oci: an OCI image layout.",
)
@click.option(
    "--compression",
    type=click.Choice(["none", "gzip", "zstd"]),
    default="none",
    show_default=True,
    help="Of layers that are not compressed yet.",
)
@pass_session
def command(
    session: Session,
    images: tuple[str, ...],
    output: str,
    format: Literal["docker", "oci"],
    compression: Literal["none", "gzip", "zstd"],
) -> None:
    """Write images, with all their layers and names, to one tar."""
    with streams.output(output, "save an image") as out:
        session.engine.images.save(images, out, format=format, compression=compression)
