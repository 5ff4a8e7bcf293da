"""`onggi ps`, `onggi container ls`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from onggi.amounts import human_size
from onggi.cli import filters, options, units
from onggi.cli.command import define
from onggi.cli.listing import Columns, Row, show
from onggi.cli.quote import go_quote
from onggi.cli.session import Session, pass_session
from onggi.cli.table import cut, printable, shorten
from onggi.container.network.port import summarize
from onggi.container.spec import Volume
from onggi.engine.container.filter import KEYS, mount_name
from onggi.oci import digest, platform

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
    "HealthStatus": "HEALTH STATUS",
    "Note": "NOTE",
    "Ports": "PORTS",
    "Names": "NAMES",
    "Size": "SIZE",
    "Labels": "LABELS",
    "Label": "LABEL",
    "Mounts": "MOUNTS",
    "LocalVolumes": "LOCAL VOLUMES",
    "Networks": "NETWORKS",
    "Platform": "PLATFORM",
}
COLUMNS = ("ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names")
CUTS = {"Image": cut, "Command": cut, "Ports": cut, "Names": cut}
OPEN = "*"
"""Before a port that other hosts can reach; not in templates, whose readers know Docker's words."""
_SPARES = ("RunningFor",)
_COMMAND_WIDTH = 20
_MOUNT_WIDTH = 15
_ID_WIDTH = 12
_MOST_NOTES = 5


@define("ps")
@click.option("-a", "--all", "everything", is_flag=True, help="Also those that do not run.")
@options.quiet_option
@click.option("-n", "--last", type=int, default=0, metavar="N", help="The N newest, in any state.")
@click.option("-l", "--latest", is_flag=True, help="The newest, in any state.")
@click.option("-s", "--size", is_flag=True, help="Show how much each has written.")
@options.no_trunc_option
@options.filter_option(KEYS)
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
    """List containers. Only those that run, unless -a, -l, -n or a filter on state says otherwise.

    Beneath the table, on stderr, stands what Docker's words for their status leave out: that one ran out of memory, or
    is started again and again. In a template that is {{.Note}}.

    A port with * before it is open to the world: other hosts can reach it. Templates have Docker's words.
    """
    containers = session.engine.containers.list(
        all=everything,
        size=size or ".Size" in format,
        last=last or int(latest),
        filters=filters.parse(filter_texts, KEYS),
    )
    now = time.time()
    columns = (*COLUMNS, "Size") if size else COLUMNS
    shown = Columns(HEADERS, columns) if no_trunc else Columns(HEADERS, columns, cuts=CUTS, spares=_SPARES)
    is_for_people = not quiet and format in ("", "table")
    mark = OPEN if is_for_people else ""
    show(shown, (row(each, now, no_trunc, mark) for each in containers), format, quiet=quiet)
    if is_for_people:
        _tell_open(containers)
        _tell_notes(containers)


def _tell_open(containers: Sequence[ContainerSummary]) -> None:
    if any(binding.is_open_to_world for container in containers for binding in container.ports):
        click.echo(f"{OPEN} other hosts can reach this port", err=True)


def _tell_notes(containers: Sequence[ContainerSummary]) -> None:
    noted = [container for container in containers if container.note]
    for container in noted[:_MOST_NOTES]:
        click.echo(printable(f"{container.name}: {container.note}"), err=True)
    if len(noted) > _MOST_NOTES:
        more = len(noted) - _MOST_NOTES
        has = "has" if more == 1 else "have"
        click.echo(f"{more} more {has} a note: onggi ps -a --format '{{{{.Names}}}}: {{{{.Note}}}}'", err=True)


def row(container: ContainerSummary, now: float, no_trunc: bool, mark: str = "") -> Row:
    """The fields of one container as Docker writes them; `mark` before ports that are open to the world."""
    command = command_text(container.command)
    mounts = filter(None, map(mount_name, container.mounts))
    fields: dict[str, Any] = {
        "ID": container.id if no_trunc else container.id[:_ID_WIDTH],
        "Image": _image(container, no_trunc),
        "Command": go_quote(command if no_trunc else shorten(command, _COMMAND_WIDTH)),
        "CreatedAt": units.go_time(container.created),
        "RunningFor": units.ago(container.created, now),
        "Status": container.status,
        "State": container.state,
        "HealthStatus": container.health,
        "Note": container.note,
        "Ports": summarize(container.ports, container.exposed_ports, mark),
        "Names": container.name,
        "Size": _size(container),
        "Labels": ",".join(f"{key}={value}" for key, value in sorted(container.labels.items())),
        "Label": lambda key: container.labels.get(key, ""),
        "Mounts": ",".join(mount if no_trunc else shorten(mount, _MOUNT_WIDTH) for mount in mounts),
        "LocalVolumes": str(sum(isinstance(mount, Volume) for mount in container.mounts)),
        "Networks": ",".join(container.networks),
        "Platform": str(platform.of_host()),  # others are refused when a container is made
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
    """As it was called, without a digest in its name; short IDs, unless nothing is cut."""
    if no_trunc:
        return container.image
    if container.image == container.image_id:
        return digest.short(container.image_id)
    name = container.image.partition("@")[0]
    return name.removeprefix("docker.io/").removeprefix("library/") if name.startswith("docker.io/") else name
