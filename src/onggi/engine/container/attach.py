"""Be connected to a container: to what it writes from now on, and before that to what it has written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from socket import socket

from msgspec.structs import replace

from onggi.container.log_options import DEFAULT
from onggi.container.stdio import Stdio
from onggi.engine.container.entry import require_open
from onggi.engine.container.household import Household
from onggi.engine.container.start import follow
from onggi.errors import Conflict
from onggi.linux import attach as attachment
from onggi.linux import frames
from onggi.linux.attach import write
from onggi.store.containers import ContainerRow


def attach(
    house: Household, name: str, stdio: Stdio, connection: socket | None, since: int | None = None
) -> int | None:
    row = house.row(name)
    if connection is None:
        _require_running(house, row)
    streams = stdio if row.spec.process.open_stdin else _without_stdin(stdio)
    show_log = None if since is None else lambda moment: show(house, row, stdio, since, moment)
    return follow(house, row, streams, connection, show_log)


def _require_running(house: Household, row: ContainerRow) -> None:
    status = house.state(row).status
    require_open(status, row.name, "attach")
    if status != "running":
        raise Conflict("You cannot attach to a stopped container, start it first", hint=f"onggi start -a {row.name}")


def join(house: Household, name: str, with_log: bool) -> socket:
    return attachment.join(house.home(house.row(name)), with_log=with_log)


def show(house: Household, row: ContainerRow, stdio: Stdio, since: int, until: int | None) -> None:
    """Write what it logged from `since` to `until`, in nanoseconds since the epoch. Nothing where no log is kept."""
    from onggi.linux.logs import KEEPS_NONE, read_between

    driver = row.spec.log.driver or DEFAULT
    if driver == KEEPS_NONE:
        return
    streams = replace(stdio, terminal=row.spec.process.terminal)
    for record in read_between(house.home(row), driver, since, until, joined=since == 0 and until is None):
        target, stream = _TARGETS[record.stream](streams)
        if target is not None:
            write(target, record.log, stream if streams.has_headers else None)


_TARGETS: Mapping[str, Callable[[Stdio], tuple[int | None, int]]] = {
    "stdout": lambda streams: (streams.stdout, frames.STDOUT),
    "stderr": lambda streams: (streams.stderr, frames.STDERR),
}


def _without_stdin(stdio: Stdio) -> Stdio:
    """Where the container has none, ours stays our own; but of a terminal, the keys for detaching are read."""
    return replace(stdio, stdin=None)
