"""`onggi export`, `onggi container export`."""

from __future__ import annotations

import click

from onggi.cli import streams
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session


@define("export")
@click.argument("container")
@click.option("-o", "--output", default="", metavar="FILE", help="Write there, not to stdout.")
@pass_session
def command(session: Session, container: str, output: str) -> None:
    """Write the file system of CONTAINER, as it is now, as one tar."""
    with streams.output(output, "export a container") as out:
        session.engine.containers.export(container, out)
