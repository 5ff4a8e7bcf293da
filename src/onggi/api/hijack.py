"""A connection that stops to be HTTP and becomes a stream of bytes in both directions.

For attach and exec Docker's clients ask with `Upgrade: tcp` and get a 101, older ones get a 200; what follows is raw in
either case. The socket is given to a thread, which does with it what the command line does with a terminal: the
monitor's frames are Docker's own, so bytes pass through as they are. For BuildKit's protocol they ask with
`Upgrade: h2c`, and what follows is HTTP/2.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import closing, suppress
from typing import Any, Protocol, TypeVar

import msgspec
from aiohttp import ClientConnectionResetError, web

from onggi.api.requests import given_up
from onggi.api.threads import in_thread
from onggi.api.tls import relay
from onggi.api.unread import unread
from onggi.api.versions import Version, has
from onggi.container.stdio import Stdio
from onggi.errors import OnggiError

RAW = "application/vnd.docker.raw-stream"
MULTIPLEXED = "application/vnd.docker.multiplexed-stream"
_UPGRADES: Mapping[str, tuple[str, ...]] = {
    "h2c": ("101 Switching Protocols", "Connection: Upgrade", "Upgrade: h2c"),
    "tcp": ("101 UPGRADED", "Content-Type: {kind}", "Connection: Upgrade", "Upgrade: tcp"),
}
"""What is answered to who asks for it, as Docker's server does."""
_NO_UPGRADE = ("200 OK", f"Content-Type: {RAW}")
_HEAD_SECONDS = 0.1
"""How long what is said in a stream waits for the client to read the head."""
_FIRST_LOOK_SECONDS = 0.0002
_LINGER_SECONDS = 2.0
"""How long a client may take to close its side once all has been sent to it."""


class RawConnection(msgspec.Struct, frozen=True):
    """`first` was read of the socket already. peer: a descriptor of it that stays open as long as it is served."""

    socket: socket.socket
    first: bytes
    peer: int

    def streams(
        self, *, stdin: bool, stdout: bool, stderr: bool, detach_keys: str = "", is_multiplexed: bool = True
    ) -> Stdio:
        """What a container is connected to by it."""
        number = self.socket.fileno()
        return Stdio(
            stdin=number if stdin else None,
            stdout=number if stdout else None,
            stderr=number if stderr else None,
            first=self.first if stdin else b"",
            peer=self.peer,
            passes_signals=False,
            is_multiplexed=is_multiplexed,
            detach_keys=detach_keys or Stdio().detach_keys,
        )


class Session(Protocol):
    """Who gets a connection: may have opened something before, which `close` lets go of whatever becomes of it."""

    content_type: str

    def serve(self, connection: RawConnection) -> None:
        """Until one of the two sides has ended. OnggiError and OSError are an end like others."""

    def close(self) -> None: ...


S = TypeVar("S", bound=Session)


class Hijacked(web.Response):
    """An answer that has been given already."""

    async def prepare(self, request: web.BaseRequest) -> None:
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        return None


def content_type(version: Version, terminal: bool) -> str:
    """Of streams: a terminal has one, a container without one has two."""
    return MULTIPLEXED if not terminal and has(version, "multiplexed streams are called so") else RAW


async def give(
    prepare: Callable[[], S],
    connect: Callable[[], Coroutine[Any, Any, socket.socket]],
    speak: Callable[[S, socket.socket], None],
    hang_up: Callable[[], None],
) -> None:
    """In one thread, so that whoever was prepared is closed in the end: `prepare` does what can still be refused, then
    the loop gives the connection, which is closed at last. `hang_up` ends it before, where this server ends; a
    connection that is asked for after that is refused."""
    loop = asyncio.get_running_loop()

    def work() -> None:
        with closing(prepare()) as session, _of_loop(loop, connect()) as connection:
            speak(session, connection)

    await in_thread(work, hang_up)


def _of_loop(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, socket.socket]) -> socket.socket:
    try:
        return asyncio.run_coroutine_threadsafe(work, loop).result()
    finally:
        work.close()  # where the loop has ended, it has not begun


def serve_quietly(session: Session, connection: socket.socket, first: bytes = b"") -> None:
    """Once it has begun, its end says all there is to say."""
    peer = os.dup(connection.fileno())
    try:
        with suppress(OnggiError, OSError):
            session.serve(RawConnection(connection, first, peer))
    finally:
        os.close(peer)


async def hijack(
    request: web.Request, prepare: Callable[[], Session], is_busy: Callable[[], bool] = lambda: False
) -> web.Response:
    """With the session's end the connection is closed. is_busy: whether it is left for a while more where this server
    ends. Raises what `prepare` raises."""
    connection = _Connection(request, is_busy)

    def speak(session: Session, raw: socket.socket) -> None:
        with suppress(OSError):  # the session sees for itself that nobody is there
            raw.sendall(_head(request, session.content_type))
            _await_reader(raw)
        serve_quietly(session, raw, connection.first)
        _part(raw)

    try:
        await give(prepare, connection.take, speak, connection.hang_up)
    finally:
        await connection.end()
    answer = Hijacked(status=101 if _upgrade(request) in _UPGRADES else 200)
    answer.force_close()
    return answer


class _Connection:
    """That of a request, which is the loop's until it is taken."""

    def __init__(self, request: web.Request, is_busy: Callable[[], bool]) -> None:
        self.first = b""
        """What follows the request, whose parser has stopped behind it."""
        self._request = request
        self._transport = _transport(request)
        self._transport.pause_reading()
        self._taken: socket.socket | None = None
        self._relayed: asyncio.Task[None] | None = None
        self._is_busy = is_busy
        self._is_over = False

    async def take(self) -> socket.socket:
        """The socket, which blocks. Raises Unavailable after `hang_up`."""
        if self._is_over:
            raise given_up()
        self._taken, self._relayed = _opened(_transport(self._request))
        self.first = self._request.protocol._message_tail
        return self._taken

    def hang_up(self) -> None:
        """One that is busy is left as it is the first time, and the second it is read no more: who has it says so."""
        is_busy, is_over = self._is_busy(), self._is_over
        self._is_over = True
        if self._taken is not None and (is_over or not is_busy):
            with suppress(OSError):  # it has ended meanwhile
                self._taken.shutdown(socket.SHUT_RD if is_busy else socket.SHUT_RDWR)

    async def end(self) -> None:
        if self._taken is None:
            self._transport.resume_reading()
            return
        if self._relayed:
            await self._relayed
        self._transport.close()


def _opened(transport: asyncio.Transport) -> tuple[socket.socket, asyncio.Task[None] | None]:
    """The connection, and what has to end before it is closed."""
    if transport.get_extra_info("ssl_object") is not None:
        return relay(transport)
    connection: socket.socket = transport.get_extra_info("socket").dup()
    connection.setblocking(True)
    return connection, None


def _transport(request: web.Request) -> asyncio.Transport:
    if request.transport is None or request.transport.is_closing():
        raise ClientConnectionResetError("the client has gone")
    return request.transport


def _await_reader(connection: socket.socket) -> None:
    """Until the client has read the head, or a moment has passed. docker-py reads it through a buffer and goes on below
    that: what had come with the head would be lost. Beneath TLS it is the relay that reads, and what the head is in is
    a record of its own, beyond which nobody reads at once."""
    pause = _FIRST_LOOK_SECONDS
    while unread(connection) and pause < _HEAD_SECONDS:
        time.sleep(pause)
        pause *= 2


def _part(connection: socket.socket) -> None:
    """Say that nothing more comes, and let what still comes pass by: closing before would cut off what is on its way
    to the client."""
    deadline = time.monotonic() + _LINGER_SECONDS
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            if not connection.recv(65536):
                return


def _upgrade(request: web.Request) -> str:
    return request.headers.get("Upgrade", "").lower()


def _head(request: web.Request, kind: str) -> bytes:
    lines = "\r\n".join(_UPGRADES.get(_upgrade(request), _NO_UPGRADE))
    return f"HTTP/1.1 {lines.format(kind=kind)}\r\n\r\n".encode()
