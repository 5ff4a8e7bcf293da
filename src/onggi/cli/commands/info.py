"""`onggi info`, `onggi system info`."""

from __future__ import annotations

import click

from onggi.cli import options
from onggi.cli.command import command as define
from onggi.cli.inspection import render_one
from onggi.cli.outline import outline
from onggi.cli.session import Session, pass_session


@define("info")
@options.inspect_format_option
@pass_session
def command(session: Session, format: str) -> None:
    """Show facts about this host and the store."""
    facts = session.engine.system.info()
    click.echo(render_one(facts, format) if format else outline(facts), nl=False)
