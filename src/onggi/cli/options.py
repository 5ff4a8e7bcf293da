"""Options that several commands share, and names to act on one after another."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

import click

from onggi.cli.failure import REFUSED, refuse
from onggi.errors import NotFound, OnggiError

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

quiet_option: _Decorator = click.option("-q", "--quiet", is_flag=True, help="Print IDs only.")
no_trunc_option: _Decorator = click.option("--no-trunc", is_flag=True, help="Cut nothing short.")
prune_filter_option: _Decorator = click.option(
    "--filter",
    "filter_texts",
    multiple=True,
    metavar="KEY=VALUE",
    help="Remove only what matches: until=TIME, label=KEY[=VALUE], label!=KEY[=VALUE].",
)
force_option: _Decorator = click.option("-f", "--force", is_flag=True, help="Do not ask.")
containers_argument: _Decorator = click.argument("containers", nargs=-1, required=True, metavar="CONTAINER...")
images_argument: _Decorator = click.argument("images", nargs=-1, required=True, metavar="IMAGE...")


def format_option(example: str) -> _Decorator:
    """--format of a list."""
    text = f"table, table TEMPLATE, json, or a Go template such as '{example}'."
    return click.option("--format", default="", metavar="TEMPLATE", help=text)


def inspect_format_option(example: str) -> _Decorator:
    """--format of a document."""
    text = f"json, or a Go template such as '{example}'."
    return click.option("-f", "--format", default="", metavar="TEMPLATE", help=text)


def filter_option(keys: Iterable[str]) -> _Decorator:
    text = f"Show only what matches; KEY is one of {', '.join(sorted(keys))}."
    return click.option("-f", "--filter", "filter_texts", multiple=True, metavar="KEY=VALUE", help=text)


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


def confirm(warning: str, *, force: bool) -> bool:
    """Asks on the terminal, unless `force`. No answer (the end of input) means no."""
    if force:
        return True
    click.echo(f"WARNING! {warning}")
    click.echo("Are you sure you want to continue? [y/N] ", nl=False)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
