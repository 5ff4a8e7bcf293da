"""A connection that stops to be HTTP and becomes a stream of bytes in both directions (attach, exec).

Docker's clients ask with `Upgrade: tcp` and get a 101, older ones get a 200; what follows is raw in either case. The
socket is given to a thread, which does with it what the command line does with a terminal: the monitor's frames are
Docker's own, so bytes pass through as they are.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

import msgspec
from aiohttp import web

from onggi.api.threads import in_thread
from onggi.api.tls import relay
from onggi.api.versions import Version, has
from onggi.container.stdio import Stdio
from onggi.errors import OnggiError

RAW = "application/vnd.docker.raw-stream"
MULTIPLEXED = "application/vnd.docker.multiplexed-stream"
_HEAD_SECONDS = 0.1
"""How long what is said in a stream waits for the client to read the head."""
_LINGER_SECONDS = 2.0
"""How long a client may take to close its side once all has been sent to it."""


class Wire(msgspec.Struct, frozen=True):
    """The connection, raw. `first` was read of it already."""

    connection: socket.socket
    first: bytes
    peer: int

    def streams(
        self, *, stdin: bool, stdout: bool, stderr: bool, detach_keys: str = "", is_multiplexed: bool = True
    ) -> Stdio:
        """What a container is connected to by it."""
        number = self.connection.fileno()
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


Serve: TypeAlias = Callable[[Wire], object]


class Hijacked(web.Response):
    """An answer that has been given already."""

    async def prepare(self, request: web.BaseRequest) -> None:
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        return None


def content_type(version: Version, terminal: bool) -> str:
    """Of streams: a terminal has one, a container without one has two."""
    return MULTIPLEXED if not terminal and has(version, "multiplexed streams are called so") else RAW


async def hijack(request: web.Request, prepare: Callable[[], tuple[str, Serve]]) -> web.Response:
    """`prepare` does what can still be refused, and says what comes and who gets the connection then; both are called
    in a thread of their own. With the end of that the connection is closed."""
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the client has gone")
    transport.pause_reading()
    try:
        kind, serve = await in_thread(prepare)
    except BaseException:
        transport.resume_reading()
        raise
    first = request.protocol._message_tail  # what follows the request, whose parser has stopped behind it
    connection, relayed = _raw(transport)
    try:
        await in_thread(lambda: _speak(connection, _head(request, kind), first, serve))
    finally:
        with suppress(OSError):  # where the server ends before the thread, which closes it, does
            connection.shutdown(socket.SHUT_RDWR)
        if relayed:
            await relayed
        transport.close()
    answer = Hijacked()
    answer.force_close()
    return answer


def _raw(transport: asyncio.Transport) -> tuple[socket.socket, asyncio.Task[None] | None]:
    """The connection, blocking, and what has to end before it is closed."""
    if transport.get_extra_info("ssl_object") is not None:
        return relay(transport)
    connection: socket.socket = transport.get_extra_info("socket").dup()
    connection.setblocking(True)
    return connection, None


def _speak(connection: socket.socket, head: bytes, first: bytes, serve: Serve) -> None:
    with connection:
        peer = os.dup(connection.fileno())
        try:
            with suppress(OSError):  # `serve` sees for itself that nobody is there
                connection.sendall(head)
                _await_reader(connection)
            with suppress(OnggiError, OSError):  # once it has begun, its end says all there is to say
                serve(Wire(connection, first, peer))
            _part(connection)
        finally:
            os.close(peer)


def _await_reader(connection: socket.socket) -> None:
    """Until the client has read the head, or a moment has passed. docker-py reads it through a buffer and goes on below
    that: what had come with the head would be lost."""
    from fcntl import ioctl
    from termios import TIOCOUTQ  # of a socket: what nobody has read yet

    deadline = time.monotonic() + _HEAD_SECONDS
    while any(ioctl(connection, TIOCOUTQ, bytes(4))) and time.monotonic() < deadline:
        time.sleep(0.0002)


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


def _head(request: web.Request, kind: str) -> bytes:
    if request.headers.get("Upgrade", "").lower() == "tcp":
        lines = ["HTTP/1.1 101 UPGRADED", f"Content-Type: {kind}", "Connection: Upgrade", "Upgrade: tcp"]
    else:
        lines = ["HTTP/1.1 200 OK", f"Content-Type: {RAW}"]
    return "\r\n".join([*lines, "", ""]).encode()
