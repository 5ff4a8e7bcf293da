"""`onggi import`, `onggi image import`."""

from __future__ import annotations

import click

from onggi.cli import streams
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("import")
@click.argument("source", metavar="FILE|URL|-")
@click.argument("reference", required=False, default="", metavar="[REPOSITORY[:TAG]]")
@click.option("-c", "--change", "changes", multiple=True, metavar="INSTRUCTION", help="Apply a Dockerfile instruction.")
@click.option("-m", "--message", default="", metavar="TEXT", help="What `history` says of it.")
@click.option("--platform", default="", metavar="OS/ARCH", help="What the tar is for.  [default: this machine]")
@pass_session
def command(
    session: Session, source: str, reference: str, changes: tuple[str, ...], message: str, platform: str
) -> None:
    """Make an image from the tar of a file system, and print its ID. The tar may be compressed.

    INSTRUCTION is one of CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and
    WORKDIR, with its arguments.
    """
    if source.startswith(("http://", "https://")):
        click.echo(session.engine.import_url(source, reference, changes, message, platform))
        return
    with streams.source(source, "import") as stream:
        click.echo(session.engine.images.import_tar(stream, reference, changes, message, platform))
