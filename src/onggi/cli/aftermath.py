"""What is told, and done, after a build: why steps ran, and how to look into one that failed."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from onggi.cli.session import Session
from onggi.cli.streams import columns

if TYPE_CHECKING:
    from onggi.solve.run import StepError


def explain(session: Session, build: str) -> None:
    """As `onggi explain`, on stderr, where the build has told its story."""
    from onggi.cli.explanation import lines

    click.echo(
        "\n" + "\n".join(lines(session.engine.builds.explain(build), time.time(), columns(sys.stderr))), err=True
    )


def say_where_to_look(error: StepError) -> None:
    """The way on after a step's program failed."""
    log = f"whole log: onggi builds logs {error.build} --step {error.number}"
    error.hint = error.hint or f"{log}\n      shell in this step: onggi debug {error.build}"


def open_shell(session: Session, error: StepError) -> None:
    """`build --debug`: the error, then a shell in the step, then the end."""
    from onggi.cli.debugging import debug
    from onggi.cli.failure import refuse

    code = refuse(error, debug=session.debug)
    debug(session, error.build)
    sys.exit(code)


def require_terminal() -> None:
    """A shell that nobody could type into would only end at once. Raises Invalid."""
    from onggi.cli.debugging import is_interactive
    from onggi.errors import Invalid

    if not is_interactive():
        raise Invalid("--debug needs a terminal", hint="without one, build, then: onggi debug BUILD -- COMMAND")
