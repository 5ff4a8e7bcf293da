"""`/containers/…`."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from onggi.api import hijack, streaming
from onggi.api.call import Call
from onggi.api.refusals import Refusal
from onggi.api.route import Nothing, Route
from onggi.api.wire import container as wire
from onggi.container.stdio import Stdio
from onggi.engine.container.wait import WaitCondition
from onggi.engine.filters import Filters
from onggi.oci import platform


class CreateQuery(msgspec.Struct, frozen=True, kw_only=True):
    name: str = ""
    platform: str = ""


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    all: bool = False
    limit: int = 0
    size: bool = False
    filters: Filters = {}


class AttachQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    detach_keys: str = ""
    logs: bool = False
    stream: bool = False
    stdin: bool = False
    stdout: bool = False
    stderr: bool = False


class WaitQuery(msgspec.Struct, frozen=True, kw_only=True):
    condition: str = ""


def create(call: Call[CreateQuery, wire.Create]) -> wire.Created:
    """Make a container, which does not run yet."""
    warnings: list[str] = []
    spec = wire.spec(call.body, call.version, warnings.append)
    wanted = platform.parse(call.query.platform) if call.query.platform else None
    made = call.engine.containers.create(spec, call.query.name.removeprefix("/"), wanted, warnings.append)
    return wire.Created(made, tuple(warnings))


def inspect(call: Call[Nothing, None]) -> dict[str, Any]:
    return call.engine.containers.inspect(call.path["name"])


def start(call: Call[Nothing, None]) -> None:
    containers, starts = call.engine.containers, call.room.starts
    clients = starts.take(containers.inspect(call.path["name"])["Id"])
    try:
        containers.start(call.path["name"], clients=clients)
    finally:
        for client in clients:
            client.close()
        starts.tell()


async def attach(call: Call[AttachQuery, None]) -> web.Response:
    query, name = call.query, call.path["name"]

    def serve(connection: socket.socket, first: bytes) -> None:
        number = connection.fileno()
        streams = Stdio(
            stdin=number if query.stdin else None,
            stdout=number if query.stdout else None,
            stderr=number if query.stderr else None,
            passes_signals=False,
            is_multiplexed=True,
        )
        call.engine.containers.attach(name, streams, _when_started(call, name))

    return await hijack.hijack(call.request, hijack.MULTIPLEXED, serve)


def _when_started(call: Call[AttachQuery, None], name: str) -> socket.socket | None:
    """Its connection to one that is to be started; None to one that runs, or when somebody else has started it."""
    about = call.engine.containers.inspect(name)
    if about["State"]["Running"]:
        return None
    waiter = call.room.starts.join(about["Id"])
    while not waiter.was_taken():
        if call.engine.containers.inspect(name)["State"]["Running"] and waiter.leave():
            return None
    return waiter.connection


async def wait(call: Call[WaitQuery, None]) -> web.StreamResponse:
    containers, name, starts = call.engine.containers, call.path["name"], call.room.starts
    condition = _CONDITIONS.get(call.query.condition)
    if condition is None:
        raise Refusal(400, f'invalid condition: "{call.query.condition}"')
    await asyncio.to_thread(containers.inspect, name)  # before the head says that there is one
    return await streaming.stream(
        call.request,
        streaming.JSON,
        lambda outlet: outlet.tell({"StatusCode": containers.wait(name, condition, starts.pause)}),
    )


_CONDITIONS: Mapping[str, WaitCondition] = {
    "": "not-running",
    "not-running": "not-running",
    "next-exit": "next-exit",
    "removed": "removed",
}


ROUTES = (
    Route(method="POST", path="/containers/create", handler=create, query=CreateQuery, body=wire.Create, status=201),
    Route(method="GET", path="/containers/{name}/json", handler=inspect),
    Route(method="POST", path="/containers/{name}/start", handler=start),
    Route(method="POST", path="/containers/{name}/attach", handler=attach, query=AttachQuery),
    Route(method="POST", path="/containers/{name}/wait", handler=wait, query=WaitQuery),
)
