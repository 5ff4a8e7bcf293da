"""`onggi volume ls`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from onggi.amounts import human_size
from onggi.cli import filters, options
from onggi.cli.command import define
from onggi.cli.listing import Columns, Row, show
from onggi.cli.naturally import naturally
from onggi.cli.session import Session, pass_session
from onggi.engine.volumes import KEYS

if TYPE_CHECKING:
    from onggi.engine.types import VolumeSummary

HEADERS = {
    "Driver": "DRIVER",
    "Name": "VOLUME NAME",
    "Scope": "SCOPE",
    "Mountpoint": "MOUNTPOINT",
    "Labels": "LABELS",
    "Label": "LABEL",
    "Links": "LINKS",
    "Size": "SIZE",
    "Availability": "AVAILABILITY",
    "Group": "GROUP",
    "Status": "STATUS",
}
_NONE = "N/A"


@define("ls")
@click.option("-q", "--quiet", is_flag=True, help="Print names only.")
@options.filter_option(KEYS)
@options.format_option("{{.Name}}: {{.Labels}}")
@pass_session
def command(session: Session, quiet: bool, filter_texts: tuple[str, ...], format: str) -> None:
    """List volumes."""
    chosen = filters.parse(filter_texts, KEYS)
    volumes = sorted(
        session.engine.volumes.list(chosen, size=".Size" in format), key=lambda volume: naturally(volume.name)
    )
    show(Columns(HEADERS, ("Driver", "Name"), "Name"), map(row, volumes), format, quiet=quiet)


def row(volume: VolumeSummary) -> Row:
    """The fields of one volume as Docker writes them; the last three are of Swarm."""
    fields: dict[str, Any] = {
        "Driver": volume.driver,
        "Name": volume.name,
        "Scope": "local",
        "Mountpoint": volume.mountpoint,
        "Labels": ",".join(f"{key}={value}" for key, value in sorted(volume.labels.items())),
        "Label": lambda key: volume.labels.get(key, ""),
        "Links": str(len(volume.users)),
        "Size": _NONE if volume.size is None else human_size(volume.size),
        "Availability": _NONE,
        "Group": _NONE,
        "Status": _NONE,
    }
    return fields
