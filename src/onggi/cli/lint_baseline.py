"""`lint --baseline` and `--write-baseline`: what a project has got used to."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from onggi.amounts import counted
from onggi.cli.streams import read
from onggi.layer import beside
from onggi.lint import baseline
from onggi.lint.reports.sheet import Sheet


def write(path: str, sheets: Sequence[Sheet]) -> None:
    """All that was found. Says how much that is."""
    with beside.writing(path) as file:
        file.write(baseline.encode(baseline.baseline(_from(path, sheets))))
    total = sum(len(sheet.findings) for sheet in sheets)
    click.echo(f"{counted(total, 'finding')} written to {path}", err=True)


def without(path: str, sheets: Sequence[Sheet]) -> Sequence[Sheet]:
    """What is new. Says how much is not, and what the baseline has that is there no more. Raises Invalid."""
    known = baseline.without(baseline.decode(read(path, "baseline"), path), _from(path, sheets))
    if known.hidden:
        click.echo(f"{counted(known.hidden, 'finding')} of the baseline not told again", err=True)
    if known.gone:
        are, them = ("is", "it") if known.gone == 1 else ("are", "them")
        click.echo(f"{known.gone} of the baseline {are} gone; --write-baseline {path} leaves {them} out", err=True)
    return known.sheets


def _from(path: str, sheets: Sequence[Sheet]) -> list[tuple[str, Sheet]]:
    """Each with its path from the baseline's folder, which means the same wherever one stands."""
    folder = os.path.dirname(os.path.abspath(path))
    return [(os.path.relpath(sheet.name, folder), sheet) for sheet in sheets]
