"""Names that a command acts on, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from onggi.cli.failure import REFUSED, refuse
from onggi.errors import NotFound, OnggiError


def each(
    names: Iterable[str],
    act: Callable[[str], Iterable[str] | None],
    *,
    debug: bool = False,
    may_be_missing: bool = False,
) -> int:
    """Acts on every name, prints what `act` gives (the name if it gives nothing), and goes on after an error.

    Gives the exit code: 1 if one of them failed. With `may_be_missing` (--force) a name that is not there is told, but
    is no failure.
    """
    exit_code = 0
    for name in names:
        try:
            lines = act(name)
        except OnggiError as error:
            code = refuse(error, REFUSED, debug=debug)
            exit_code = exit_code if may_be_missing and isinstance(error, NotFound) else code
        else:
            for line in [name] if lines is None else lines:
                click.echo(line)
    return exit_code
