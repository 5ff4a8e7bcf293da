"""What becomes of mended files: written, or shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import click

from onggi.cli.diff import diff
from onggi.cli.failure import warn
from onggi.engine.lint.mend import Mended
from onggi.layer import beside


def show(mended: Iterable[Mended]) -> None:
    """As one diff."""
    for each in mended:
        _tell_spoilt(each)
        if each.is_changed:
            before, after = each.first.file.data.decode(), each.last.file.data.decode()
            click.echo(diff(each.first.file.name, before, after), nl=False)


def write(mended: Iterable[Mended]) -> None:
    """Standard input goes to standard output, changed or not. What was mended is told on stderr."""
    for each in mended:
        _tell_spoilt(each)
        file = each.last.file
        if file.path is None:
            click.echo(file.data, nl=False)
        elif each.is_changed:
            beside.rewrite(str(file.path), file.data)
        if each.is_changed:
            click.echo(f"{file.name}: mended {_counted(each)}", err=True)


def _counted(mended: Mended) -> str:
    """`DL3009, DL3020 (2 times)`"""
    counts = Counter(finding.rule.code for finding in mended.findings)
    return ", ".join(code if count == 1 else f"{code} ({count} times)" for code, count in sorted(counts.items()))


def _tell_spoilt(mended: Mended) -> None:
    if mended.spoilt:
        codes = ", ".join(mended.spoilt)
        warn(f"{mended.first.file.name}: with the fixes of {codes} it would not parse; they were left out. Report this")
