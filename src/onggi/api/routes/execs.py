"""`/exec/…`, and `/containers/{name}/exec`."""

from __future__ import annotations

import asyncio

from aiohttp import web

from onggi.api import hijack
from onggi.api.call import Call
from onggi.api.hijack import Serve, Wire
from onggi.api.route import Nothing, Route
from onggi.api.routes.attach import ResizeQuery, size_of
from onggi.api.threads import in_thread
from onggi.api.wire import execution as wire
from onggi.errors import OnggiError
from onggi.linux import frames
from onggi.linux.attach import write


def create(call: Call[Nothing, wire.Create]) -> wire.Created:
    """A further process in a container, which does not run yet."""
    return wire.Created(call.engine.containers.create_exec(call.path["name"], wire.request(call.body)))


async def start(call: Call[Nothing, wire.Start]) -> web.Response:
    """Start it, and be connected to what was said when it was made, unless it is detached."""
    containers, asked_for, body = call.engine.containers, call.path["id"], call.body
    size = wire.size(body.console_size) if body.tty else None
    if body.detach:
        await asyncio.to_thread(containers.start_exec, asked_for, None, size)
        return web.Response()

    def prepare() -> tuple[str, Serve]:
        containers.require_startable(asked_for)
        return hijack.content_type(call.version, body.tty), serve

    def serve(connection: Wire) -> None:
        asked = containers.inspect_exec(asked_for).request
        streams = connection.streams(
            stdin=asked.stdin,
            stdout=asked.stdout,
            stderr=asked.stderr,
            detach_keys=asked.detach_keys,
            is_multiplexed=not body.tty,
        )
        try:
            containers.start_exec(asked_for, streams, size)
        except OnggiError as error:  # the head has gone out: it is told where its output would be
            target = connection.connection.fileno()
            write(target, f"{error.message}\r\n".encode(), None if body.tty else frames.STDOUT)

    return await hijack.hijack(call.request, prepare)


def inspect(call: Call[Nothing, None]) -> wire.Inspection:
    """A further process: what was asked for, and how it does."""
    return wire.inspection(call.engine.containers.inspect_exec(call.path["id"]))


async def resize(call: Call[ResizeQuery, None]) -> web.Response:
    """Give its terminal another size, also that of one that is about to start: clients ask for both at once."""
    size = size_of(call.query)
    await in_thread(lambda: call.engine.containers.resize_exec(call.path["id"], *size))
    return web.Response()


ROUTES = (
    Route(
        method="POST",
        path="/containers/{name}/exec",
        handler=create,
        body=wire.Create,
        answer=wire.Created,
        status=201,
    ),
    Route(method="POST", path="/exec/{id}/start", handler=start, body=wire.Start),
    Route(method="POST", path="/exec/{id}/resize", handler=resize, query=ResizeQuery),
    Route(method="GET", path="/exec/{id}/json", handler=inspect, answer=wire.Inspection),
)
