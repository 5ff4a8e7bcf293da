"""What a person sees when something went wrong: one message, a line on how to go on, and Docker's exit code."""

from __future__ import annotations

import sys
from types import TracebackType

import click

from onggi.errors import OnggiError

REFUSED, ENGINE_REFUSED, MISUSED, INTERRUPTED = 1, 125, 125, 130


def complain(message: str, hint: str = "", *, speaker: str = "onggi: ") -> None:
    """One error on stderr, with its hint on a line of its own."""
    from onggi.cli.table import harmless

    lines = [speaker + message, f"hint: {hint}"] if hint else [speaker + message]
    click.echo(harmless("\n".join(lines)), err=True)


def warn(text: str) -> None:
    """What was left out, or may turn out badly, in Docker's form."""
    click.echo(f"WARNING: {text}", err=True)


def refuse(error: OnggiError, exit_code: int = REFUSED, *, debug: bool = False) -> int:
    """Tells the error (with `debug` also where it came from) and gives the exit code back."""
    if debug:
        _trace(error)
    # A mistake with a place begins with it, as compilers and editors have it: Dockerfile:7:1: …
    complain(error.message, error.hint, speaker="" if hasattr(error, "span") else "onggi: ")
    return exit_code


def usage_exit_code(error: click.UsageError) -> int:
    """Docker's exit code for a wrong command line: 125 for an option, 1 for arguments and commands."""
    is_option = isinstance(error, click.NoSuchOption | click.BadOptionUsage)
    if isinstance(error, click.BadParameter):
        is_option = not isinstance(error.param, click.Argument)
    return MISUSED if is_option else REFUSED


def explain_os_error(error: OSError) -> str:
    """`/path/to: Permission denied`."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


def report_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """In place of Python's traceback, for an error that nobody foresaw."""
    complain(f"a bug in onggi: {kind.__name__}: {error}", "run it again with `onggi --debug …` and report what it says")


def _trace(error: BaseException) -> None:
    import traceback

    traceback.print_exception(error, file=sys.stderr)
