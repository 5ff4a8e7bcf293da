"""`onggi system df`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from onggi.amounts import human_size, spaced_size
from onggi.cli import options, units
from onggi.cli.command import define
from onggi.cli.commands import images, ps, volume_ls
from onggi.cli.listing import Columns, Row, show
from onggi.cli.session import Session, pass_session
from onggi.cli.streams import columns as terminal_columns
from onggi.cli.table import cut, cut_left, wrap

if TYPE_CHECKING:
    from onggi.settings import Settings
    from onggi.store.cache_use import CacheUse
    from onggi.store.df import Report, Use

HEADERS = {
    "Type": "TYPE",
    "TotalCount": "TOTAL",
    "Active": "ACTIVE",
    "Size": "SIZE",
    "Reclaimable": "RECLAIMABLE",
}
_SHORT_ID = 12
_CACHE_HEADERS = {
    "ID": "CACHE ID",
    "CacheType": "CACHE TYPE",
    "Size": "SIZE",
    "CreatedSince": "CREATED",
    "LastUsedSince": "LAST USED",
    "Shared": "SHARED",
}
_DOCKER_TYPES = {
    "images": "Images",
    "containers": "Containers",
    "volumes": "Local Volumes",
    "build cache": "Build Cache",
}


@define("df")
@click.option("-v", "--verbose", is_flag=True, help="Show each image, container, volume and piece of the cache.")
@options.format_option("{{.Size}}")
@pass_session
def command(session: Session, verbose: bool, format: str) -> None:
    """Show the disk space that the store takes, and how much of it could be freed."""
    if verbose and format:
        raise click.BadOptionUsage("format", "--format is for the report without --verbose")
    if verbose:
        _show_each(session)
        return
    report = session.engine.system.df()
    if format:
        show(Columns(HEADERS, tuple(HEADERS), "Type"), (row(use) for use in report.rows), format)
    else:
        click.echo(ledger(report, session.settings, terminal_columns(sys.stdout)), nl=False)


def row(use: Use) -> Row:
    """The fields of one kind as Docker writes them."""
    share = f" ({100 * use.reclaimable // use.size}%)" if use.size else ""
    return {
        "Type": _DOCKER_TYPES.get(use.kind, use.kind),
        "TotalCount": str(use.count),
        "Active": str(use.active),
        "Size": human_size(use.size),
        "Reclaimable": human_size(use.reclaimable) + share,
    }


def ledger(report: Report, settings: Settings, columns: int | None = None) -> str:
    """Sizes under each other, so that they can be added up by eye. On a terminal of `columns` a note goes on beneath
    itself, and of the store's path the end is shown."""
    cap = "" if settings.cache_bytes is None else f"cap {spaced_size(settings.cache_bytes)}"
    lines = [_line("", "count", "on disk", "could be freed")]
    for use in report.rows:
        note = cap if use.kind == "build cache" else use.note
        lines.append(_line(use.kind, str(use.count), spaced_size(use.size), spaced_size(use.reclaimable), note))
        if use.kind == "images" and report.shared:
            lines.append(_line("  shared by several", "", spaced_size(report.shared), ""))
    freed = spaced_size(report.reclaimable)
    root = str(settings.root) if columns is None else cut_left(str(settings.root), max(columns - _NOTE, 1))
    lines.append(_line("total", "", spaced_size(report.total), freed, root))
    return "".join(f"{part.rstrip()}\n" for line in lines for part in wrap(line, columns, _NOTE))


def _line(kind: str, count: str, size: str, freed: str, note: str = "") -> str:
    return f"{kind:<19}{count:>6}{size:>10}{freed:>16}   {note}"


_NOTE = len(_line("", "", "", ""))
"""The column at which notes begin."""


def _show_each(session: Session) -> None:
    """Docker's `-v`: a table of images, one of containers, one of volumes, then one of the build cache."""
    now = time.time()
    click.echo("Images space usage:\n")
    found = session.engine.images.list()
    rows = (images.row(image, name, now, False) for image in found for name in image.references or ("",))
    columns = ("Repository", "Tag", "ID", "CreatedSince", "Size", "SharedSize", "UniqueSize", "Containers")
    show(Columns(images.HEADERS, columns, cuts={"Repository": cut, "Tag": cut}, spares=("CreatedSince",)), rows)
    click.echo("\nContainers space usage:\n")
    containers = session.engine.containers.list(all=True, size=True)
    columns = ("ID", "Image", "Command", "LocalVolumes", "Size", "RunningFor", "Status", "Names")
    shown = Columns(ps.HEADERS, columns, cuts=ps.CUTS, spares=("RunningFor", "LocalVolumes", "Status"))
    show(shown, (ps.row(container, now, False) for container in containers))
    click.echo("\nLocal Volumes space usage:\n")
    volumes = session.engine.volumes.list(size=True)
    show(Columns(volume_ls.HEADERS, ("Name", "Links", "Size"), "Name", cuts={"Name": cut}), map(volume_ls.row, volumes))
    cached = session.engine.system.cached()
    click.echo(f"\nBuild cache usage: {human_size(sum(use.size for use in cached if not use.is_shared))}\n")
    show(
        Columns(_CACHE_HEADERS, tuple(_CACHE_HEADERS), "ID", spares=("CreatedSince",)),
        (_cache_row(use, now) for use in cached),
    )


def _cache_row(use: CacheUse, now: float) -> Row:
    return {
        "ID": use.id[:_SHORT_ID],
        "CacheType": use.kind,
        "Size": human_size(use.size, 3),
        "CreatedSince": units.ago(use.created, now),
        "LastUsedSince": units.ago(use.used, now),
        "Shared": "true" if use.is_shared else "false",
    }
