"""`/containers/…`: start and end them, and wait for their end."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from aiohttp import web

from onggi.api import refusals, streaming
from onggi.api.call import Call
from onggi.api.refusals import Refusal
from onggi.api.route import Nothing, Route
from onggi.api.versions import has
from onggi.container.life import RUNNING
from onggi.engine.container.wait import WaitCondition
from onggi.errors import Failed, OnggiError

_LONGEST_EMPTY_BODY = 7
"""Bytes; no document with something in it is shorter (moby, postContainersStart)."""
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126


class StartQuery(msgspec.Struct, frozen=True, kw_only=True):
    checkpoint: str = ""


class StopQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`t`: seconds of grace, -1 is for ever."""

    signal: str = ""
    t: int | None = None


class KillQuery(msgspec.Struct, frozen=True, kw_only=True):
    signal: str = ""


class WaitQuery(msgspec.Struct, frozen=True, kw_only=True):
    condition: str = ""


class WaitError(msgspec.Struct, frozen=True, rename="pascal"):
    message: str


class Ended(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """`error`: why nobody can say how it ended."""

    status_code: int
    error: WaitError | None = None


def start(call: Call[StartQuery, None]) -> None:
    """Start a container."""
    if call.query.checkpoint:
        raise Refusal(501, "checkpoints are not supported")
    if (call.request.content_length or 0) > _LONGEST_EMPTY_BODY:
        raise Refusal(
            400,
            "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24",
        )
    containers = call.engine.containers
    found = containers.find(call.path["name"])
    if found.state.status in ("running", "restarting"):
        raise Refusal(304, f"container {found.name} is already running")
    with call.context.starts.clients(found.id) as clients:
        try:
            containers.start(found.id, clients=clients)
        except Failed as error:
            raise _failure(error) from error


def _failure(error: Failed) -> Refusal:
    """A program that cannot be executed is the request's mistake; clients take their exit code from Docker's words
    (docker/cli, command/container/run.go, toStatusError)."""
    words = {_NOT_FOUND: "executable file not found in $PATH", _NOT_EXECUTABLE: "permission denied"}
    said = words.get(error.exit_code, "")
    if not said:
        return refusals.of_error(error)
    message = error.message if said in error.message else f"{error.message}: {said}"
    return Refusal(400, f"failed to create task for container: {message}")


def stop(call: Call[StopQuery, None]) -> None:
    """End a container: by its signal, and by SIGKILL when the time of grace is over."""
    containers = call.engine.containers
    found = containers.find(call.path["name"])
    if found.state.status not in RUNNING:
        raise Refusal(304, f"container {found.name} is already stopped")
    containers.stop(found.id, call.query.t, call.query.signal, call.context.requests.require_time)
    call.engine.tell_followers()  # before the client removes it: they look at what has ended


def restart(call: Call[StopQuery, None]) -> None:
    """Stop a container and start it."""
    containers = call.engine.containers
    found = containers.find(call.path["name"])
    with call.context.starts.clients(found.id) as clients:
        containers.restart(found.id, call.query.t, call.query.signal, clients, call.context.requests.require_time)


def kill(call: Call[KillQuery, None]) -> None:
    """Send a signal to a container's first process."""
    name = call.path["name"]
    try:
        call.engine.containers.kill(name, call.query.signal or "KILL")
    except OnggiError as error:
        raise refusals.of_error(error, doing=f"cannot kill container: {name}") from error
    call.engine.tell_followers()


def pause(call: Call[Nothing, None]) -> None:
    """Freeze all processes of a container."""
    call.engine.containers.pause(call.path["name"])


def unpause(call: Call[Nothing, None]) -> None:
    """Let them go on."""
    call.engine.containers.unpause(call.path["name"])


async def wait(call: Call[WaitQuery, None]) -> web.StreamResponse:
    """How a container has ended, once it has; the head of the answer comes at once."""
    condition = _CONDITIONS.get(call.query.condition)
    if condition is None:
        raise Refusal(400, f'invalid condition: "{call.query.condition}"')
    is_told_at_once = has(call.version, "wait begins its answer at once")

    def produce(outlet: streaming.Outlet) -> None:
        def between() -> None:
            if is_told_at_once and not outlet.response.prepared:
                outlet.begin()
            outlet.require_client()

        try:
            ended = Ended(call.engine.containers.wait(call.path["name"], condition, between))
        except OnggiError as error:
            if not outlet.response.prepared:
                raise
            ended = Ended(-1, WaitError(error.message))
        call.engine.tell_followers()
        outlet.tell(call.fit(ended))

    return await streaming.answer(call.request, produce)


_CONDITIONS: Mapping[str, WaitCondition] = {
    "": "not-running",
    "not-running": "not-running",
    "next-exit": "next-exit",
    "removed": "removed",
}


ROUTES = (
    Route(method="POST", path="/containers/{name}/start", handler=start, query=StartQuery, status=204, kind="waits"),
    Route(method="POST", path="/containers/{name}/stop", handler=stop, query=StopQuery, status=204, kind="waits"),
    Route(method="POST", path="/containers/{name}/restart", handler=restart, query=StopQuery, status=204, kind="waits"),
    Route(method="POST", path="/containers/{name}/kill", handler=kill, query=KillQuery, status=204, kind="waits"),
    Route(method="POST", path="/containers/{name}/pause", handler=pause, status=204, kind="waits"),
    Route(method="POST", path="/containers/{name}/unpause", handler=unpause, status=204, kind="waits"),
    Route(
        method="POST",
        path="/containers/{name}/wait",
        handler=wait,
        query=WaitQuery,
        answer=Ended,
        kind="following",
    ),
)
