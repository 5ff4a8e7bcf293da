"""A person, or a script, in the place where a step failed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from onggi.cli.session import Session
from onggi.container.stdio import Stdio


def debug(session: Session, build: str, argv: Sequence[str] = ()) -> int:
    """The exit code of the shell, or of the command."""
    stdio = Stdio(
        stdin=sys.stdin.fileno(),
        stdout=sys.stdout.fileno(),
        stderr=sys.stderr.fileno(),
        terminal=is_interactive(),
    )
    return session.engine.debug(build, argv, stdio, lambda note: click.echo(f"note: {note}", err=True))


def is_interactive() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
