"""A further process in a container that runs: made, and started, at once or later by whoever knows its ID."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from onggi.container.exec_plan import exec_plan
from onggi.container.home import EXECS
from onggi.container.stdio import Stdio
from onggi.decoders import decoder
from onggi.engine.container.create import credentials
from onggi.engine.container.entry import require_open
from onggi.engine.container.hostname import hostname
from onggi.engine.container.household import Household
from onggi.engine.types import ExecRequest, Execution
from onggi.errors import Conflict, Invalid, OnggiError
from onggi.linux import attach, exec_client, exec_records, frames

if TYPE_CHECKING:
    from onggi.container.op import Plan
    from onggi.container.rootfs import Credentials
    from onggi.container.spec import ContainerSpec
    from onggi.store.containers import ContainerRow

_START_SECONDS = 10.0
"""How long the size of a terminal waits for the start of who is to have it (moby, daemon/resize.go)."""
_LOOK_SECONDS = 1.0
"""After which one looks at it though nothing was told: a monitor that was killed tells nothing."""


def execute(house: Household, name: str, request: ExecRequest, stdio: Stdio | None) -> int | None:
    row = house.row(name)
    made = create(house, row.id, request)
    is_known = stdio is not None  # to nobody else
    try:
        code = _start(house, row, made, stdio, None)
        is_known = code is not None
        return code
    finally:
        if is_known:
            exec_records.remove(house.home(row), made)


def create(house: Household, name: str, request: ExecRequest) -> str:
    row = house.row(name)
    _require_running(house, row)
    if not request.command:
        raise Invalid("No exec command specified")
    if request.user:  # one that is not there is told of now, as by Docker since 28, not by a start that fails
        _credentials(house, row, _spec(row, request))
    made = exec_records.create(house.home(row), msgspec.json.encode(request))
    house.tell(row, f"exec_create: {' '.join(request.command)}", execID=made)
    return made


def start(house: Household, id: str, stdio: Stdio | None, size: tuple[int, int] | None) -> int | None:
    row = _find(house, id)
    _require_startable(house, row, id)
    return _start(house, row, id, stdio, size)


def require_startable(house: Household, id: str) -> None:
    _require_startable(house, _find(house, id), id)


def _require_startable(house: Household, row: ContainerRow, id: str) -> None:
    _require_running(house, row)
    state = exec_records.read_state(house.home(row), id)
    if state.has_started:
        how = "is already running" if state.running else "has already run"
        raise Conflict(f"Error: Exec command {id} {how}")


def _start(
    house: Household, row: ContainerRow, id: str, stdio: Stdio | None, size: tuple[int, int] | None
) -> int | None:
    home = house.home(row)
    request = _request(home, id)
    streams = replace(stdio, terminal=request.terminal) if stdio else None
    try:
        plan = _plan(house, row, request)
    except OnggiError:
        exec_records.fail(home, id)
        raise
    return exec_client.execute(home, plan, streams, id, size or request.size)


def inspect(house: Household, id: str) -> Execution:
    row = _find(house, id)
    home = house.home(row)
    state = exec_records.read_state(home, id)
    return Execution(
        id=id,
        container=row.id,
        request=_request(home, id),
        has_started=state.has_started,
        running=state.running,
        pid=state.pid,
        exit_code=state.exit_code,
    )


def resize(house: Household, id: str, rows: int, columns: int) -> None:
    row = _find(house, id)
    _require_running(house, row)
    _await_start(house.home(row), id)
    attach.request(house.home(row), frames.RESIZE_EXEC, frames.exec_size(id, rows, columns))


def _await_start(home: Path, id: str) -> None:
    from onggi.linux.changes import Changes

    deadline = time.monotonic() + _START_SECONDS
    with Changes(home / EXECS) as changes:
        while exec_records.read_state(home, id).is_awaited and (left := deadline - time.monotonic()) > 0:
            changes.wait(min(left, _LOOK_SECONDS))


def _find(house: Household, id: str) -> ContainerRow:
    """Its container. Raises NotFound."""
    for row in house.store.containers.beginning(exec_records.container(id)):
        if exec_records.is_there(house.home(row), id):
            return house.row(row.id)
    raise exec_records.missing(id)


def _request(home: Path, id: str) -> ExecRequest:
    return decoder(ExecRequest).decode(exec_records.read(home, id))


def _require_running(house: Household, row: ContainerRow) -> None:
    status = house.state(row).status
    require_open(status, row.name, "exec")
    if status != "running":
        raise Conflict(f"container {row.name} is not running", hint="start it first")


def _plan(house: Household, row: ContainerRow, request: ExecRequest) -> Plan:
    spec = _spec(row, request)
    return exec_plan(
        spec,
        request.command,
        _credentials(house, row, spec),
        house.host(),
        environment=request.environment,
        working_directory=request.working_directory,
        terminal=request.terminal,
        privileged=request.privileged,
    )


def _spec(row: ContainerRow, request: ExecRequest) -> ContainerSpec:
    """The container's, as who runs in it now."""
    spec = replace(row.spec, hostname=hostname(row))
    return replace(spec, process=replace(spec.process, user=request.user)) if request.user else spec


def _credentials(house: Household, row: ContainerRow, spec: ContainerSpec) -> Credentials:
    return credentials(spec, house.view(row))
