"""`/containers/{name}/attach`: be connected to a container, and what goes with that."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from socket import SHUT_RDWR, socket, socketpair

import msgspec
from aiohttp import WSMsgType, web

from onggi.api import hijack, versions
from onggi.api.call import Call
from onggi.api.hijack import RawConnection
from onggi.api.refusals import Refusal
from onggi.api.requests import given_up
from onggi.api.route import Route
from onggi.api.starts import Waiter
from onggi.container.life import RUNNING
from onggi.container.stdio import Stdio
from onggi.errors import Conflict, Invalid
from onggi.linux.detach import detach_sequence

_PIECE = 64 * 1024
_LINGER_SECONDS = 2.0
"""How long the client of a websocket may take to close its side."""
_LARGEST_SIDE = 0xFFFF
"""Of a terminal."""


class AttachQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    detach_keys: str = ""
    logs: bool = False
    stream: bool = False
    stdin: bool = False
    stdout: bool = False
    stderr: bool = False


class ResizeQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Rows and columns."""

    h: int | None = None
    w: int | None = None


async def attach(call: Call[AttachQuery, None]) -> web.Response:
    """Be connected to a container's streams."""
    return await hijack.hijack(call.request, lambda: _Attachment(call, call.query))


async def attach_by_websocket(call: Call[AttachQuery, None]) -> web.StreamResponse:
    """Messages both ways, of raw bytes: what of which stream is, is not told."""
    query = call.query
    if not versions.has(call.version, "a websocket is attached to what was asked for"):
        query = msgspec.structs.replace(query, stdin=True, stdout=True, stderr=True)
    is_binary = versions.has(call.version, "a websocket tells in binary messages")
    messages = _Messages(call.request, WSMsgType.BINARY if is_binary else WSMsgType.TEXT)
    try:
        await hijack.give(
            lambda: _Attachment(call, query, is_multiplexed=False),
            messages.take,
            hijack.serve_quietly,
            messages.hang_up,
        )
    finally:
        await messages.end()
    return messages.response


class _Messages:
    """Those of a websocket, as a connection. `kind`: of what they are said to be that the client gets. Raises Refusal
    for a request for something else."""

    def __init__(self, request: web.Request, kind: WSMsgType) -> None:
        asked = request.headers.get("Sec-WebSocket-Protocol", "")
        # Whichever the client speaks: here as with Docker they are bytes.
        self.response = web.WebSocketResponse(
            protocols=[each.strip() for each in asked.split(",")], timeout=_LINGER_SECONDS
        )
        if not self.response.can_prepare(request).ok:
            raise Refusal(400, "bad parameter: this is no request for a websocket")
        self._request = request
        self._kind = kind
        self._its: socket | None = None
        self._pumps: list[asyncio.Task[None]] = []
        self._is_over = False

    async def take(self) -> socket:
        """Its end; who has it sees when the client has gone. Raises Unavailable after `hang_up`."""
        if self._is_over:
            raise given_up()
        await self.response.prepare(self._request)
        ours, its = socketpair()
        its.setblocking(False)
        self._its = its
        self._pumps = [asyncio.create_task(self._from_client(its)), asyncio.create_task(self._to_client(its))]
        return ours

    async def end(self) -> None:
        """Once all has gone out that was written there, also where that was half of it: behind the head of a websocket
        there is no other answer than its end."""
        if not self._pumps:
            return
        with suppress(asyncio.CancelledError):  # of the pump
            await self._pumps[1]
        self.hang_up()
        await self.response.close()

    def hang_up(self) -> None:
        self._is_over = True
        for pump in self._pumps:
            pump.cancel()
        if self._its:
            self._its.close()

    async def _from_client(self, its: socket) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):  # nobody reads it any more
            async for message in self.response:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    data = message.data.encode() if message.type == WSMsgType.TEXT else message.data
                    await loop.sock_sendall(its, data)
            its.shutdown(SHUT_RDWR)  # it has gone

    async def _to_client(self, its: socket) -> None:
        loop = asyncio.get_running_loop()
        with suppress(ConnectionError):
            while data := await loop.sock_recv(its, _PIECE):
                await self.response.send_frame(data, self._kind)


class _Attachment:
    """One to a container, made before the client is told that it is: from then on it misses nothing. Raises Refusal,
    NotFound, and Conflict for one that nobody can be attached to now."""

    def __init__(self, call: Call[AttachQuery, None], query: AttachQuery, is_multiplexed: bool = True) -> None:
        self._containers = call.engine.containers
        self._query = query
        self._is_multiplexed = is_multiplexed
        _require_keys(query.detach_keys)
        self._since = time.time_ns()
        found = self._containers.find_open(call.path["name"])
        self.content_type = hijack.content_type(call.version, found.terminal)
        self._id = found.id
        self._before = found.state.started_at
        self._waiter: Waiter | None = None
        self._connection: socket | None = None
        if query.stream and found.state.status in RUNNING:
            with suppress(Conflict):  # it has just ended
                self._connection = self._containers.join(self._id, with_log=query.logs)
        if query.stream and self._connection is None:
            self._waiter = call.context.starts.join(self._id)

    def serve(self, connection: RawConnection) -> None:
        query = self._query
        streams = connection.streams(
            stdin=query.stdin and query.stream,
            stdout=query.stdout,
            stderr=query.stderr,
            detach_keys=query.detach_keys,
            is_multiplexed=self._is_multiplexed,
        )
        if self._connection is not None:
            self._containers.attach(self._id, streams, self._connection, since=0 if query.logs else None)
            return
        if query.logs:
            self._containers.show_log(self._id, streams, until=self._since if query.stream else None)
        if self._waiter is not None:
            self._wait(streams, self._waiter)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._waiter is not None:
            self._waiter.close()

    def _wait(self, streams: Stdio, waiter: Waiter) -> None:
        """For its start, by us or by somebody else, and be attached then."""
        assert streams.peer is not None
        while not waiter.was_taken(streams.peer):
            has_started = self._containers.find(self._id).state.started_at != self._before
            if not (has_started or waiter.has_lost(streams.peer)):
                continue
            if not waiter.leave():
                break  # we are starting it just now
            if has_started:
                self._catch_up(streams)
            return
        self._containers.attach(self._id, streams, waiter.connection)

    def _catch_up(self, streams: Stdio) -> None:
        """Somebody else has started it: what it has written since is in its log."""
        try:
            self._containers.attach(self._id, streams, since=self._since)
        except Conflict:  # and it has ended
            self._containers.show_log(self._id, streams, self._since)


def _require_keys(keys: str) -> None:
    try:
        detach_sequence(keys)
    except Invalid as error:
        raise Refusal(400, f"Invalid detach keys ({keys}) provided") from error


def resize(call: Call[ResizeQuery, None]) -> web.Response:
    """Give a container's terminal another size."""
    call.engine.containers.resize(call.path["name"], *size_of(call.query))
    return web.Response()


def size_of(query: ResizeQuery) -> tuple[int, int]:
    """Rows and columns. Raises Refusal."""
    return _side("height", query.h), _side("width", query.w)


def _side(name: str, value: int | None) -> int:
    if value is None or not 0 <= value <= _LARGEST_SIDE:
        reason = "invalid syntax" if value is None else "value out of range"
        raise Refusal(400, f'invalid resize {name} "{"" if value is None else value}": {reason}')
    return value


ROUTES = (
    Route(method="POST", path="/containers/{name}/attach", handler=attach, query=AttachQuery, kind="following"),
    Route(
        method="GET",
        path="/containers/{name}/attach/ws",
        handler=attach_by_websocket,
        query=AttachQuery,
        kind="following",
    ),
    Route(method="POST", path="/containers/{name}/resize", handler=resize, query=ResizeQuery),
)
