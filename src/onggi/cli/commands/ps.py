"""`onggi ps`, `onggi container ls`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from onggi.amounts import human_size
from onggi.cli import container_filter, filters, options, units
from onggi.cli.command import define
from onggi.cli.listing import Columns, Row, show
from onggi.cli.quote import go_quote
from onggi.cli.session import Session, pass_session
from onggi.cli.table import shorten
from onggi.oci import digest

if TYPE_CHECKING:
    from onggi.engine.types import ContainerSummary

HEADERS = {
    "ID": "CONTAINER ID",
    "Image": "IMAGE",
    "Command": "COMMAND",
    "CreatedAt": "CREATED AT",
    "RunningFor": "CREATED",
    "Status": "STATUS",
    "State": "STATE",
    "Ports": "PORTS",
    "Names": "NAMES",
    "Size": "SIZE",
    "Labels": "LABELS",
    "Label": "LABEL",
    "Mounts": "MOUNTS",
    "LocalVolumes": "LOCAL VOLUMES",
    "Networks": "NETWORKS",
}
COLUMNS = ("ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names")
_COMMAND_WIDTH = 20
_MOUNT_WIDTH = 15
_ID_WIDTH = 12


@define("ps")
@click.option("-a", "--all", "everything", is_flag=True, help="Also those that do not run.")
@options.quiet_option
@click.option("-n", "--last", type=int, default=-1, metavar="N", help="The N newest, in any state.")
@click.option("-l", "--latest", is_flag=True, help="The newest, in any state.")
@click.option("-s", "--size", is_flag=True, help="Show how much each has written.")
@options.no_trunc_option
@options.filter_option(container_filter.KEYS)
@options.format_option("{{.ID}}")
@pass_session
def command(
    session: Session,
    everything: bool,
    quiet: bool,
    last: int,
    latest: bool,
    size: bool,
    no_trunc: bool,
    filter_texts: tuple[str, ...],
    format: str,
) -> None:
    """List containers. Only those that run, unless -a, -l, -n or a filter on state says otherwise."""
    chosen = filters.parse(filter_texts, container_filter.KEYS)
    most = 1 if latest else last
    in_any_state = everything or most >= 0 or not chosen.keys().isdisjoint(("status", "exited"))
    found = session.engine.containers.list(all=in_any_state or bool(chosen), size=size or ".Size" in format)
    containers = container_filter.select(found, chosen)
    if not in_any_state:
        containers = [container for container in containers if container.state in _ALIVE]
    if most >= 0:
        containers = containers[:most]
    now = time.time()
    columns = (*COLUMNS, "Size") if size else COLUMNS
    show(Columns(HEADERS, columns), (row(each, now, no_trunc) for each in containers), format, quiet=quiet)


_ALIVE = frozenset(("running", "paused", "restarting"))


def row(container: ContainerSummary, now: float, no_trunc: bool) -> Row:
    """The fields of one container as Docker writes them."""
    command = command_text(container.command)
    fields: dict[str, Any] = {
        "ID": container.id if no_trunc else container.id[:_ID_WIDTH],
        "Image": _image(container, no_trunc),
        "Command": go_quote(command if no_trunc else shorten(command, _COMMAND_WIDTH)),
        "CreatedAt": units.go_time(container.created),
        "RunningFor": units.ago(container.created, now),
        "Status": container.status,
        "State": container.state,
        "Ports": "",
        "Names": container.name,
        "Size": _size(container),
        "Labels": ",".join(f"{key}={value}" for key, value in sorted(container.labels.items())),
        "Label": lambda key: container.labels.get(key, ""),
        "Mounts": ",".join(mount if no_trunc else shorten(mount, _MOUNT_WIDTH) for mount in container.mounts),
        "LocalVolumes": "0",
        "Networks": container.network,
    }
    return fields


def _size(container: ContainerSummary) -> str:
    """`2B (virtual 21.5MB)`: what it has written, and that with its image."""
    text = human_size(container.size or 0, 3)
    return f"{text} (virtual {human_size(container.virtual_size, 3)})" if container.virtual_size else text


def command_text(argv: tuple[str, ...]) -> str:
    """The command on one line; an argument with a space stands between quotes, as in Docker."""
    return " ".join([*argv[:1], *(f"'{arg}'" if " " in arg else arg for arg in argv[1:])])


def _image(container: ContainerSummary, no_trunc: bool) -> str:
    if not container.image or container.image == container.image_id:
        return container.image_id if no_trunc else digest.short(container.image_id)
    return container.image
