"""`onggi history`, `onggi image history`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from onggi.amounts import human_size
from onggi.cli import options, units
from onggi.cli.command import define
from onggi.cli.listing import Columns, Row, show
from onggi.cli.session import Session, pass_session
from onggi.cli.table import cut, shorten
from onggi.oci import digest, timestamp

if TYPE_CHECKING:
    from onggi.engine.types import HistoryLine

HEADERS = {
    "ID": "IMAGE",
    "CreatedSince": "CREATED",
    "CreatedAt": "CREATED AT",
    "CreatedBy": "CREATED BY",
    "Size": "SIZE",
    "Comment": "COMMENT",
}
_CREATED_BY_WIDTH = 45
_CUTS = {"CreatedBy": cut}


@define("history")
@click.argument("image")
@click.option("-H", "--human/--no-human", default=True, help="Sizes and dates for people.  [default: yes]")
@options.quiet_option
@options.no_trunc_option
@options.format_option("{{.CreatedBy}}")
@pass_session
def command(session: Session, image: str, human: bool, quiet: bool, no_trunc: bool, format: str) -> None:
    """Show which instruction made which layer of IMAGE, the newest first."""
    now = time.time()
    lines = (row(line, now, human, no_trunc) for line in session.engine.images.history(image))
    created = "CreatedSince" if human else "CreatedAt"
    columns = Columns(HEADERS, ("ID", created, "CreatedBy", "Size", "Comment"), cuts={} if no_trunc else _CUTS)
    show(columns, lines, format, quiet=quiet)


def row(line: HistoryLine, now: float, human: bool, no_trunc: bool) -> Row:
    """The fields of one instruction as Docker writes them."""
    created = timestamp.parse(line.created)
    created_by = line.created_by.replace("\t", " ")
    return {
        "ID": digest.short(line.id) if digest.is_digest(line.id) and not no_trunc else line.id,
        "CreatedSince": "N/A" if created is None else units.ago(created, now),
        "CreatedAt": "N/A" if created is None else units.local_rfc3339(created),
        "CreatedBy": created_by if no_trunc else shorten(created_by, _CREATED_BY_WIDTH),
        "Size": human_size(line.size, 3) if human else str(line.size),
        "Comment": line.comment,
    }
