"""`/grpc` and `/session`: connections that become BuildKit's protocol."""

from __future__ import annotations

from functools import partial

from aiohttp import web

from onggi.api.call import Call
from onggi.api.hijack import RawConnection, hijack
from onggi.api.refusals import Refusal
from onggi.api.route import Nothing, Route


def _require_h2c(request: web.Request) -> None:
    """In Docker's words (moby/buildkit, session/manager.go)."""
    asked = request.headers.get("Upgrade", "")
    if asked.lower() != "h2c":
        raise Refusal(400, f"protocol {asked} not supported" if asked else "no upgrade proto in request")


class _Control:
    content_type = ""

    def __init__(self, call: Call[Nothing, None]) -> None:
        self._call = call

    def serve(self, connection: RawConnection) -> None:
        hub = self._call.context.buildkit
        from onggi.api.buildkit import service
        from onggi.api.buildkit.grpc.server import Server
        from onggi.api.buildkit.methods import METHODS
        from onggi.engine.loan import Loan

        with Loan(hub.engine.store) as loan:
            Server(connection.socket, partial(service.serve, hub, METHODS, loan)).run(connection.first)

    def close(self) -> None:
        pass


class _Session:
    content_type = ""

    def __init__(self, call: Call[Nothing, None]) -> None:
        """Raises Conflict for one that is open already, Invalid for one without a name."""
        self._sessions = call.context.buildkit.sessions
        from onggi.api.buildkit.session.session import announced_id

        headers = call.request.headers
        self._said = {name.lower(): ",".join(headers.getall(name)) for name in headers}
        self._sessions.require_new(announced_id(self._said))

    def serve(self, connection: RawConnection) -> None:
        from onggi.api.buildkit.grpc.channel import Channel
        from onggi.api.buildkit.session.session import Session

        channel = Channel(connection.socket)
        session = Session.announced(channel, self._said)
        with self._sessions.open(session.id, session):
            channel.run(connection.first)

    def close(self) -> None:
        pass


async def grpc(call: Call[Nothing, None]) -> web.Response:
    """BuildKit's services."""
    _require_h2c(call.request)
    return await hijack(call.request, lambda: _Control(call), call.context.is_building)


async def session(call: Call[Nothing, None]) -> web.Response:
    """A client that can be called."""
    _require_h2c(call.request)
    return await hijack(call.request, lambda: _Session(call), call.context.is_building)


ROUTES = (
    Route(method="POST", path="/grpc", handler=grpc, since=(1, 31), kind="following"),
    Route(method="POST", path="/session", handler=session, since=(1, 31), kind="following"),
)
