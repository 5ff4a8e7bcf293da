"""Names that a command acts on, one after another or all at once; told in their order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from typing import TypeAlias

import click

from onggi.cli.failure import REFUSED, refuse
from onggi.errors import NotFound, OnggiError

Act: TypeAlias = Callable[[str], Iterable[str] | None]

MOST_AT_ONCE = 50
"""As in Docker: what is stopped may take its whole grace period."""


def each(
    names: Sequence[str], act: Act, *, debug: bool = False, may_be_missing: bool = False, at_once: bool = False
) -> int:
    """Acts on every name, prints what `act` gives (the name if it gives nothing), and goes on after an error.
    `at_once`: in threads, because `act` waits rather than works.

    Gives the exit code: 1 if one of them failed. With `may_be_missing` (--force) a name that is not there is told, but
    is no failure.
    """
    exit_code = 0
    with closing(_outcomes(names, act, at_once)) as outcomes:
        for name, outcome in zip(names, outcomes, strict=True):
            if isinstance(outcome, OnggiError):
                code = refuse(outcome, REFUSED, debug=debug)
                exit_code = exit_code if may_be_missing and isinstance(outcome, NotFound) else code
                continue
            for line in [name] if outcome is None else outcome:
                click.echo(line)
    return exit_code


def _outcomes(names: Sequence[str], act: Act, at_once: bool) -> Generator[list[str] | OnggiError | None, None, None]:
    """Of each name, in their order, as soon as it is known."""

    def attempt(name: str) -> list[str] | OnggiError | None:
        try:
            lines = act(name)
            return None if lines is None else list(lines)
        except OnggiError as error:
            return error

    if len(names) == 1 or not at_once:
        yield from map(attempt, names)
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(max_workers=MOST_AT_ONCE)
    try:
        yield from pool.map(attempt, names)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # after a ctrl-C nobody waits for grace periods
