"""`/containers/{name}/attach`: be connected to a container, and what goes with that."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from socket import SHUT_RDWR, SHUT_WR, socket, socketpair

import msgspec
from aiohttp import WSMsgType, web

from onggi.api import hijack, versions
from onggi.api.call import Call
from onggi.api.hijack import Serve, Wire
from onggi.api.refusals import Refusal
from onggi.api.route import Route
from onggi.api.starts import Waiter
from onggi.api.threads import in_thread
from onggi.container.life import RUNNING
from onggi.container.stdio import Stdio
from onggi.errors import Conflict, Invalid
from onggi.linux.detach import detach_sequence

_PIECE = 64 * 1024
_LARGEST_SIDE = 0xFFFF
"""Of a terminal."""
_REFUSALS = {
    "paused": "container {} is paused, unpause the container before attach",
    "restarting": "container {} is restarting, wait until the container is running",
}
"""Docker's words."""


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

    def prepare() -> tuple[str, Serve]:
        attachment = _Attachment(call, call.query)
        return hijack.content_type(call.version, attachment.terminal), attachment.serve

    return await hijack.hijack(call.request, prepare)


async def attach_by_websocket(call: Call[AttachQuery, None]) -> web.StreamResponse:
    """Messages both ways, of raw bytes: what of which stream is, is not told."""
    query = call.query
    if not versions.has(call.version, "a websocket is attached to what was asked for"):
        query = msgspec.structs.replace(query, stdin=True, stdout=True, stderr=True)
    messages = web.WebSocketResponse(autoping=True)
    if not messages.can_prepare(call.request).ok:
        raise Refusal(400, "bad parameter: this is no request for a websocket")
    attachment = await in_thread(lambda: _Attachment(call, query, is_multiplexed=False))
    try:
        await messages.prepare(call.request)
    except BaseException:
        attachment.leave()
        raise
    ours, its = socketpair()
    with its:  # the other one is closed by the thread that has it, which sees that this one was
        its.setblocking(False)
        inward = asyncio.create_task(_from_client(messages, its))
        outward = asyncio.create_task(_to_client(messages, its))
        try:
            await in_thread(lambda: _serve(attachment, ours))
            await outward
            await messages.close()
        finally:
            inward.cancel()
            outward.cancel()
    return messages


async def _from_client(messages: web.WebSocketResponse, its: socket) -> None:
    loop = asyncio.get_running_loop()
    with suppress(OSError):  # nobody reads it any more
        async for message in messages:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                data = message.data.encode() if message.type == WSMsgType.TEXT else message.data
                await loop.sock_sendall(its, data)
        its.shutdown(SHUT_RDWR)  # it has gone


async def _to_client(messages: web.WebSocketResponse, its: socket) -> None:
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):
        while data := await loop.sock_recv(its, _PIECE):
            await messages.send_bytes(data)


def _serve(attachment: _Attachment, ours: socket) -> None:
    with ours:
        peer = os.dup(ours.fileno())
        try:
            attachment.serve(Wire(ours, b"", peer))
        finally:
            os.close(peer)
            with suppress(OSError):
                ours.shutdown(SHUT_WR)


class _Attachment:
    """One to a container, made before the client is told that it is: from then on it misses nothing. Raises Refusal and
    NotFound."""

    def __init__(self, call: Call[AttachQuery, None], query: AttachQuery, is_multiplexed: bool = True) -> None:
        self._containers = call.engine.containers
        self._query = query
        self._is_multiplexed = is_multiplexed
        _require_keys(query.detach_keys)
        about = self._containers.inspect(call.path["name"])
        self._id: str = about["Id"]
        self.terminal: bool = about["Config"]["Tty"]
        state = self._containers.find(self._id).state
        if state.status in _REFUSALS:
            raise Refusal(409, _REFUSALS[state.status].format(call.path["name"]))
        self._waiter: Waiter | None = None
        self._connection: socket | None = None
        if query.stream and state.status in RUNNING:
            with suppress(Conflict):  # it has just ended
                self._connection = self._containers.join(self._id, with_log=query.logs)
        if query.stream and self._connection is None:
            self._waiter = call.room.starts.join(self._id)
        self._before = self._containers.find(self._id).state.started_at if self._waiter else state.started_at
        self._since = time.time_ns()

    def serve(self, wire: Wire) -> None:
        """Until one of the two has ended."""
        query = self._query
        streams = wire.streams(
            stdin=query.stdin and query.stream,
            stdout=query.stdout,
            stderr=query.stderr,
            detach_keys=query.detach_keys,
            is_multiplexed=self._is_multiplexed,
        )
        if not query.stream:
            if query.logs:
                self._containers.show_log(self._id, streams)
        elif self._waiter is None:
            self._containers.attach(self._id, streams, self._connection, since=0 if query.logs else None)
        else:
            try:
                if query.logs:
                    self._containers.show_log(self._id, streams)
                self._wait(streams, self._waiter)
            finally:
                self._waiter.leave()

    def leave(self) -> None:
        """Nobody is there to be served."""
        if self._connection is not None:
            self._connection.close()
        if self._waiter is not None:
            self._waiter.leave()

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
    Route(method="POST", path="/containers/{name}/attach", handler=attach, query=AttachQuery),
    Route(method="GET", path="/containers/{name}/attach/ws", handler=attach_by_websocket, query=AttachQuery),
    Route(method="POST", path="/containers/{name}/resize", handler=resize, query=ResizeQuery),
)
