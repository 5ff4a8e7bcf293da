"""`onggi builds ls`."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING

import click

from onggi.cli import options, units
from onggi.cli.build_words import seconds, shorter_path
from onggi.cli.command import define
from onggi.cli.listing import Columns, Row, show
from onggi.cli.session import Session, pass_session
from onggi.cli.table import cut, cut_left, shorten

if TYPE_CHECKING:
    from onggi.store.records import BuildRecord

_HEADERS = {
    "ID": "BUILD ID",
    "CreatedSince": "STARTED",
    "CreatedAt": "STARTED AT",
    "Dockerfile": "DOCKERFILE",
    "Context": "CONTEXT",
    "Target": "TARGET",
    "Result": "RESULT",
    "Duration": "TOOK",
    "Saved": "SAVED",
    "ImageID": "IMAGE ID",
    "Names": "NAMES",
}
_PLAIN = ("ID", "CreatedSince", "Dockerfile", "Target", "Result", "Duration", "Saved", "Names")
_WIDEST = 40
_CUTS = {"CreatedSince": cut, "Dockerfile": cut_left, "Target": cut, "Names": cut}
_NEWEST = 20


@define("ls")
@click.option("-a", "--all", "is_all", is_flag=True, help="List all of them.")
@click.option(
    "-n",
    "--last",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"List the newest N.  [default: {_NEWEST}; with -q or --format, all]",
)
@options.quiet_option
@options.no_trunc_option
@options.format_option("{{.ID}}")
@pass_session
def command(session: Session, is_all: bool, last: int | None, quiet: bool, no_trunc: bool, format: str) -> None:
    """List the builds that are recorded, the newest first. Records go with the build cache, the oldest first."""
    now = time.time()
    records = session.engine.builds.list()
    most = None if is_all else last or (None if quiet or format else _NEWEST)
    rows = (_row(record, now, no_trunc) for record in islice(records, most))
    show(Columns(_HEADERS, _PLAIN, cuts={} if no_trunc else _CUTS), rows, format, quiet=quiet)
    if not (last or quiet or format) and most and len(records) > most:
        click.echo(f"… and {len(records) - most} older; --all lists them", err=True)


def _row(record: BuildRecord, now: float, no_trunc: bool) -> Row:
    path = shorter_path(record.dockerfile)
    return {
        "ID": record.id,
        "CreatedSince": units.ago(record.started, now),
        "CreatedAt": units.go_time(record.started),
        "Dockerfile": path if no_trunc or len(path) <= _WIDEST else f"…{path[1 - _WIDEST :]}",
        "Context": record.context,
        "Target": record.target,
        "Result": record.outcome,
        "Duration": seconds(record.seconds),
        "Saved": seconds(record.saved),
        "ImageID": record.image_id,
        "Names": shorten(", ".join(record.references), 1000 if no_trunc else _WIDEST),
    }
