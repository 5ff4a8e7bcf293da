"""`onggi version`."""

from __future__ import annotations

import click

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.inspection import render_one
from onggi.cli.outline import outline
from onggi.cli.session import Session, pass_session


@define("version")
@options.inspect_format_option("{{.Version}}")
@pass_session
def command(session: Session, format: str) -> None:
    """Show the versions of onggi and of what it runs on."""
    versions = session.engine.system.version()
    # Client and engine are one program; Docker's names for the two lead to it.
    asked = {**versions, "Client": versions, "Server": versions}
    click.echo(render_one(asked, format) if format else outline(versions), nl=False)
