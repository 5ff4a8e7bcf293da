"""Be connected to a container that runs."""

from __future__ import annotations

from socket import socket

from msgspec.structs import replace

from onggi.container.stdio import Stdio
from onggi.engine.container.household import Household
from onggi.engine.container.start import follow
from onggi.errors import Conflict

_REFUSALS = {
    "paused": ("You cannot attach to a paused container, unpause it first", "onggi unpause {}"),
    "restarting": ("You cannot attach to a restarting container, wait until it is running", ""),
}
"""Docker's words."""
_STOPPED = ("You cannot attach to a stopped container, start it first", "onggi start -a {}")


def attach(house: Household, name: str, stdio: Stdio, connection: socket | None) -> int | None:
    row = house.row(name)
    status = house.state(row).status
    if connection is None and status != "running":
        message, hint = _REFUSALS.get(status, _STOPPED)
        raise Conflict(message, hint=hint.format(row.name))
    streams = stdio if row.spec.process.open_stdin else _without_stdin(stdio)
    return follow(house, row, streams, connection)


def _without_stdin(stdio: Stdio) -> Stdio:
    """Where the container has none, ours stays our own; but of a terminal, the keys for detaching are read."""
    return replace(stdio, stdin=None)
