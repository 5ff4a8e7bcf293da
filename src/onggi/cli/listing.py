"""Lists as Docker shows them: a table, IDs only, one JSON document a line, or a template for each line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import click

from onggi.cli.streams import columns as terminal_columns
from onggi.cli.table import Cut, layout

Row = Mapping[str, Any]
"""Field → text. A value that is called with one argument is a method: `{{.Label "key"}}`."""


class Columns(NamedTuple):
    """What a list can show: `headers` by field, the fields of its `plain` table, and the one that -q prints; `cuts`
    says how the fields are cut that may be, where the terminal is narrow, and `spares` which are left out if need
    be."""

    headers: Mapping[str, str]
    plain: Sequence[str]
    id: str = "ID"
    cuts: Mapping[str, Cut] = {}
    spares: Sequence[str] = ()


def show(columns: Columns, rows: Iterable[Row], format: str = "", *, quiet: bool = False) -> None:
    """Prints the rows. `format` is "", table, table TEMPLATE, json or a template; `quiet` beats it, as in Docker."""
    if quiet and format not in ("", "table"):
        click.echo("warning: --format has no effect beside --quiet", err=True)
    click.echo(render(columns, rows, format, quiet=quiet), nl=False)


def render(columns: Columns, rows: Iterable[Row], format: str = "", *, quiet: bool = False) -> str:
    """What `show` prints."""
    if quiet:
        return "".join(f"{row[columns.id]}\n" for row in rows)
    if format in ("", "table"):
        headers = [columns.headers[field] for field in columns.plain]
        cuts = {columns.plain.index(field): how for field, how in columns.cuts.items() if field in columns.plain}
        spares = [columns.plain.index(field) for field in columns.spares]
        cells = ([row[field] for field in columns.plain] for row in rows)
        return layout([headers, *cells], terminal_columns(sys.stdout), cuts, spares=spares)
    return _templated(columns, rows, "{{json .}}" if format == "json" else unescape(format))


def _templated(columns: Columns, rows: Iterable[Row], text: str) -> str:
    from onggi.cli.template import parse

    if not text.startswith("table "):
        template = parse(text)
        return "".join(template.render(row) + "\n" for row in rows)
    template = parse(text.removeprefix("table").lstrip(" "))
    lines = [template.header(columns.headers), *(template.render(row) for row in rows)]
    return layout([line.split("\t") for line in lines])


def unescape(format: str) -> str:
    """`\\t` and `\\n`, as one types them between single quotes, as the characters they mean."""
    return format.replace(r"\t", "\t").replace(r"\n", "\n")
