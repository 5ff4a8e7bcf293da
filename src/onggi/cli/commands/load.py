"""`onggi load`, `onggi image load`."""

from __future__ import annotations

import click

from onggi.cli import streams
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("load")
@click.option("-i", "--input", "source", default="", metavar="FILE", help="Read from there, not from stdin.")
@click.option("-q", "--quiet", is_flag=True, expose_value=False, help="Changes nothing: loading shows no progress.")
@pass_session
def command(session: Session, source: str) -> None:
    """Load images from a tar that `save` wrote: a Docker archive or an OCI image layout, compressed or not."""
    with streams.source(source, "load") as stream:
        loaded = session.engine.images.load(stream)
    for image in loaded:
        for reference in image.references:
            click.echo(f"Loaded image: {reference}")
        if not image.references:
            click.echo(f"Loaded image ID: {image.id}")
