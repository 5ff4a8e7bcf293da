"""`onggi diff`, `onggi container diff`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.cli.table import printable

if TYPE_CHECKING:
    from onggi.engine.types import Change


@define("diff")
@click.argument("container")
@pass_session
def command(session: Session, container: str) -> None:
    """Show what CONTAINER did to the files of its image: A is added, C changed, D deleted. A folder is changed when
    something in it is. What is mounted in the container is no part of it."""
    sys.stdout.writelines(lines(session.engine.containers.changes(container), is_terminal=sys.stdout.isatty()))


def lines(changes: Iterable[Change], *, is_terminal: bool) -> list[str]:
    """Who reads a pipe gets the names as they are; a terminal is told nothing by them."""
    shown = printable if is_terminal else str
    return [f"{change.kind} {shown(change.path)}\n" for change in changes]
