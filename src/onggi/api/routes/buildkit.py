"""`/grpc` and `/session`: connections that become BuildKit's protocol."""

from __future__ import annotations

from functools import partial

from aiohttp import web

from onggi.api.call import Call
from onggi.api.hijack import RawConnection, hijack
from onggi.api.refusals import Refusal
from onggi.api.route import Nothing, Route


def _require_h2c(request: web.Request) -> None:
    if request.headers.get("Upgrade", "").lower() != "h2c":
        raise Refusal(400, "it is for clients that upgrade the connection to h2c")


class _Control:
    content_type = ""

    def __init__(self, call: Call[Nothing, None]) -> None:
        self._call = call

    def serve(self, connection: RawConnection) -> None:
        hub = self._call.context.buildkit
        from onggi.api.buildkit import service
        from onggi.api.buildkit.channel import Channel
        from onggi.api.buildkit.methods import METHODS
        from onggi.engine.loan import Loan

        with Loan(hub.engine.store) as loan:
            Channel(connection.socket, partial(service.serve, hub, METHODS, loan)).run(connection.first)

    def close(self) -> None:
        pass


class _Session:
    content_type = ""

    def __init__(self, call: Call[Nothing, None]) -> None:
        self._call = call

    def serve(self, connection: RawConnection) -> None:
        hub = self._call.context.buildkit
        from onggi.api.buildkit.channel import Channel
        from onggi.api.buildkit.sessions import Session

        headers = self._call.request.headers
        channel = Channel(connection.socket)
        said = {name.lower(): ",".join(headers.getall(name)) for name in headers}
        with hub.sessions.open(Session.announced(channel, said)):
            channel.run(connection.first)

    def close(self) -> None:
        pass


async def grpc(call: Call[Nothing, None]) -> web.Response:
    """BuildKit's services."""
    _require_h2c(call.request)
    return await hijack(call.request, lambda: _Control(call))


async def session(call: Call[Nothing, None]) -> web.Response:
    """A client that can be called."""
    _require_h2c(call.request)
    return await hijack(call.request, lambda: _Session(call))


ROUTES = (
    Route(method="POST", path="/grpc", handler=grpc, since=(1, 31), kind="following"),
    Route(method="POST", path="/session", handler=session, since=(1, 31), kind="following"),
)
