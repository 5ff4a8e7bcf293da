"""A further process in a container that runs."""

from __future__ import annotations

from msgspec.structs import replace

from onggi.container.exec_plan import exec_plan
from onggi.container.stdio import Stdio
from onggi.engine.container.create import credentials
from onggi.engine.container.hostname import hostname
from onggi.engine.container.household import Household
from onggi.engine.types import ExecRequest
from onggi.errors import Conflict, Invalid
from onggi.linux import exec_client

_REFUSALS = {
    "paused": ("is paused", "unpause it first"),
    "restarting": ("is restarting", "wait until it is running"),
}
_STOPPED = ("is not running", "start it first")


def execute(house: Household, name: str, request: ExecRequest, stdio: Stdio | None) -> int | None:
    row = house.row(name)
    status = house.state(row).status
    if status != "running":
        reason, hint = _REFUSALS.get(status, _STOPPED)
        raise Conflict(f"container {row.name} {reason}", hint=hint)
    if not request.command:
        raise Invalid("no command specified")
    spec = replace(row.spec, hostname=hostname(row))
    if request.user:
        spec = replace(spec, process=replace(spec.process, user=request.user))
    plan = exec_plan(
        spec,
        request.command,
        credentials(spec, house.view(row)),
        house.host(),
        environment=request.environment,
        working_directory=request.working_directory,
        terminal=request.terminal,
        privileged=request.privileged,
    )
    streams = replace(stdio, terminal=request.terminal) if stdio else None
    return exec_client.execute(house.home(row), plan, streams)
