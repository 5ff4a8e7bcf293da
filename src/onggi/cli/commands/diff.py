"""`onggi diff`, `onggi container diff`."""

from __future__ import annotations

import sys

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.cli.table import printable


@define("diff")
@click.argument("container")
@pass_session
def command(session: Session, container: str) -> None:
    """Show what CONTAINER did to the files of its image: A is added, C changed, D deleted. A folder is changed when
    something in it is. What is mounted in the container is no part of it."""
    shown = printable if sys.stdout.isatty() else str  # who reads a pipe wants the names as they are
    changes = session.engine.containers.changes(container)
    sys.stdout.writelines(f"{change.kind} {shown(change.path)}\n" for change in changes)
