"""`onggi ps`, `onggi container ls`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from onggi.amounts import human_size
from onggi.cli import filters, options, units
from onggi.cli.command import define
from onggi.cli.listing import Listing, Row, show
from onggi.cli.quote import go_quote
from onggi.cli.session import Session, pass_session
from onggi.cli.table import shorten
from onggi.store.prune_filter import has_label

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
@click.option("-s", "--size", is_flag=True, help="Show what each has written.")
@options.no_trunc_option
@options.filter_option
@options.format_option
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
    chosen = parse_filters(filter_texts)
    most = 1 if latest else last
    in_any_state = everything or most >= 0 or not chosen.keys().isdisjoint(("status", "exited"))
    found = session.engine.containers.list(all=in_any_state or bool(chosen), size=size or ".Size" in format)
    containers = select(found, chosen)
    if not in_any_state:
        containers = [container for container in containers if container.state in _ALIVE]
    if most >= 0:
        containers = containers[:most]
    now = time.time()
    columns = (*COLUMNS, "Size") if size else COLUMNS
    show(Listing(HEADERS, columns), (row(each, now, no_trunc) for each in containers), format, quiet=quiet)


_ALIVE = frozenset(("running", "paused", "restarting"))
_STATES = ("created", "dead", "exited", "paused", "removing", "restarting", "running")


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
        "Size": "0B" if container.size is None else human_size(container.size, 3),
        "Labels": ",".join(f"{key}={value}" for key, value in sorted(container.labels.items())),
        "Label": lambda key: container.labels.get(key, ""),
        "Mounts": ",".join(mount if no_trunc else shorten(mount, _MOUNT_WIDTH) for mount in container.mounts),
        "LocalVolumes": "0",
        "Networks": container.network,
    }
    return fields


def command_text(argv: tuple[str, ...]) -> str:
    """The command on one line; an argument with a space stands between quotes, as in Docker."""
    return " ".join([*argv[:1], *(f"'{arg}'" if " " in arg else arg for arg in argv[1:])])


def _image(container: ContainerSummary, no_trunc: bool) -> str:
    if not container.image or container.image == container.image_id:
        return container.image_id if no_trunc else container.image_id.removeprefix("sha256:")[:_ID_WIDTH]
    return container.image


# Filters


def parse_filters(texts: tuple[str, ...]) -> dict[str, list[str]]:
    return filters.parse(texts, (*_TESTS, *_NEIGHBOURS))


def select(containers: list[ContainerSummary], chosen: dict[str, list[str]]) -> list[ContainerSummary]:
    """Those that match; the order, newest first, stays."""
    own = {key: values for key, values in chosen.items() if key in _TESTS}
    selected = filters.select(containers, own, _TESTS)
    for key, is_before in _NEIGHBOURS.items():
        for name in chosen.get(key, ()):
            moment = _find(containers, name).created
            selected = [each for each in selected if (each.created < moment if is_before else each.created > moment)]
    return selected


_NEIGHBOURS = {"before": True, "since": False}


def _find(containers: list[ContainerSummary], name: str) -> ContainerSummary:
    from onggi.errors import NotFound

    for container in containers:
        if container.name == name or container.id.startswith(name):
            return container
    raise NotFound(f"No such container: {name}")


def _exited_with(container: ContainerSummary, code: str) -> bool:
    from onggi.errors import Invalid

    if not code.isdigit():
        raise Invalid(f"invalid filter 'exited={code}'", hint="write exited=0, the exit code")
    return container.state == "exited" and container.exit_code == int(code)


def _is_in_state(container: ContainerSummary, state: str) -> bool:
    from onggi.errors import Invalid

    if state not in _STATES:
        raise Invalid(f"invalid filter 'status={state}'", hint="states: " + ", ".join(_STATES))
    return container.state == state


def _has_ancestor(container: ContainerSummary, image: str) -> bool:
    """By the reference as it was written, with or without its tag, or by ID."""
    name = container.image.rpartition(":")[0] or container.image
    hexadecimal = image.removeprefix("sha256:")
    by_id = len(hexadecimal) >= 4 and container.image_id.removeprefix("sha256:").startswith(hexadecimal)
    return image in (container.image, name) or container.image == f"{image}:latest" or by_id


def _is_named(container: ContainerSummary, pattern: str) -> bool:
    import re

    from onggi.errors import Invalid

    try:
        return any(re.search(pattern, name) for name in (container.name, f"/{container.name}"))
    except re.error as error:
        raise Invalid(f"invalid filter 'name={pattern}': {error}") from error


_TESTS = {
    "id": lambda container, value: container.id.startswith(value),
    "name": _is_named,
    "label": lambda container, value: has_label(container.labels, value),
    "status": _is_in_state,
    "exited": _exited_with,
    "ancestor": _has_ancestor,
    "network": lambda container, value: container.network == value,
}
