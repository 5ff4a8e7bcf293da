"""`/exec/…`, and `/containers/{name}/exec`."""

from __future__ import annotations

from aiohttp import web

from onggi.api import hijack
from onggi.api.call import Call
from onggi.api.hijack import RawConnection
from onggi.api.route import Nothing, Route
from onggi.api.routes.attach import ResizeQuery, size_of
from onggi.api.threads import in_thread
from onggi.api.wire import execution as wire
from onggi.engine.types import ExecRequest
from onggi.errors import OnggiError
from onggi.linux import frames
from onggi.linux.attach import write


def create(call: Call[Nothing, ExecRequest]) -> wire.Created:
    """A further process in a container, which does not run yet."""
    return wire.Created(call.engine.containers.create_exec(call.path["name"], call.body))


async def start(call: Call[Nothing, wire.Start]) -> web.Response:
    """Start it, and be connected to what was said when it was made, unless it is detached."""
    if not call.body.detach:
        return await hijack.hijack(call.request, lambda: _Foreground(call))
    await in_thread(lambda: call.engine.containers.start_exec(call.path["id"], None, _size(call.body)))
    return web.Response()


def _size(body: wire.Start) -> tuple[int, int] | None:
    return wire.size(body.console_size) if body.tty else None


class _Foreground:
    """One that is to be started for a client. Raises NotFound, and Conflict where that cannot be."""

    def __init__(self, call: Call[Nothing, wire.Start]) -> None:
        self._containers, self._id, self._body = call.engine.containers, call.path["id"], call.body
        self._containers.require_startable(self._id)
        self.content_type = hijack.content_type(call.version, self._body.tty)

    def serve(self, connection: RawConnection) -> None:
        asked = self._containers.inspect_exec(self._id).request
        streams = connection.streams(
            stdin=asked.stdin,
            stdout=asked.stdout,
            stderr=asked.stderr,
            detach_keys=asked.detach_keys,
            is_multiplexed=not self._body.tty,
        )
        try:
            self._containers.start_exec(self._id, streams, _size(self._body))
        except OnggiError as error:  # the head has gone out: it is told where its output would be
            target = connection.socket.fileno()
            write(target, f"{error.message}\r\n".encode(), None if self._body.tty else frames.STDOUT)

    def close(self) -> None:
        """It holds nothing."""


def inspect(call: Call[Nothing, None]) -> wire.Inspection:
    """A further process: what was asked for, and how it does."""
    return wire.inspection(call.engine.containers.inspect_exec(call.path["id"]))


def resize(call: Call[ResizeQuery, None]) -> web.Response:
    """Give its terminal another size, also that of one that is about to start: clients ask for both at once."""
    size = size_of(call.query)
    call.engine.containers.resize_exec(call.path["id"], *size)
    return web.Response()


ROUTES = (
    Route(
        method="POST",
        path="/containers/{name}/exec",
        handler=create,
        body=wire.Create,
        read=lambda body, query, version: wire.request(body),
        answer=wire.Created,
        status=201,
    ),
    Route(method="POST", path="/exec/{id}/start", handler=start, body=wire.Start, kind="following"),
    Route(method="POST", path="/exec/{id}/resize", handler=resize, query=ResizeQuery, kind="waits"),
    Route(method="GET", path="/exec/{id}/json", handler=inspect, answer=wire.Inspection),
)
