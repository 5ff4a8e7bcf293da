"""A raw connection beneath TLS: a socket whose bytes a relay in the loop puts into records and takes out of them.

asyncio ends a connection when the client says that it writes no more, but clients do so and read on (`echo | docker run
-i`). So the relay takes the place of asyncio's protocol: it has its TLS object, and the socket beneath.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

_PIECE = 256 * 1024


def relay(transport: asyncio.Transport) -> tuple[socket.socket, asyncio.Task[None]]:
    """Our end of the connection that `transport` has, which is blocking, and half of which may be shut down; and what
    ends when all that was written there has gone out, or the client has gone."""
    ours, its = socket.socketpair()
    its.setblocking(False)
    return ours, _Relay(transport, its).start()


class _Relay(asyncio.Protocol):
    def __init__(self, transport: Any, near: socket.socket) -> None:
        protocol = transport._ssl_protocol
        self._before: asyncio.BaseProtocol = protocol
        self._tls: ssl.SSLObject = transport.get_extra_info("ssl_object")
        self._incoming: ssl.MemoryBIO = protocol._incoming
        self._outgoing: ssl.MemoryBIO = protocol._outgoing
        self._far: asyncio.Transport = protocol._transport
        self._near = near
        self._loop = asyncio.get_running_loop()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._has_come = asyncio.Event()
        self._is_over = False  # nothing more comes from the client

    def start(self) -> asyncio.Task[None]:
        self._far.set_protocol(self)
        self._far.resume_reading()
        return self._loop.create_task(self._run())

    async def _run(self) -> None:
        inward, outward = self._loop.create_task(self._inward()), self._loop.create_task(self._outward())
        await outward
        inward.cancel()
        self._near.close()
        self._far.close()

    async def _inward(self) -> None:
        """From the client to us."""
        try:
            while data := await self._decrypted():
                await self._loop.sock_sendall(self._near, data)
            self._near.shutdown(socket.SHUT_WR)
        except OSError:
            return  # nobody reads it

    async def _decrypted(self) -> bytes:
        """b"" at the end."""
        while True:
            try:
                return self._tls.read(_PIECE)
            except ssl.SSLWantReadError:
                self._send()  # TLS may have had something to say itself
                if self._is_over:
                    return b""
                self._far.resume_reading()
                await self._has_come.wait()
                self._has_come.clear()
            except ssl.SSLError:
                return b""

    async def _outward(self) -> None:
        """From us to the client, until we have shut down or it has gone."""
        try:
            while data := await self._loop.sock_recv(self._near, _PIECE):
                self._tls.write(data)
                self._send()
                await self._has_room.wait()
                if self._far.is_closing():
                    return
            self._tls.unwrap()
        except (OSError, ssl.SSLError):
            pass  # it has gone, or has not said that it writes no more either
        self._send()

    def _send(self) -> None:
        if data := self._outgoing.read():
            self._far.write(data)

    # What the transport beneath tells.

    def data_received(self, data: bytes) -> None:
        self._incoming.write(data)
        self._far.pause_reading()
        self._has_come.set()

    def eof_received(self) -> bool:
        self._is_over = True
        self._has_come.set()
        return True  # what we have to say may still be heard

    def pause_writing(self) -> None:
        self._has_room.clear()

    def resume_writing(self) -> None:
        self._has_room.set()

    def connection_lost(self, error: Exception | None) -> None:
        self._before.connection_lost(error)  # or the server would count it among its connections for ever
        self._is_over = True
        self._has_room.set()
        self._has_come.set()
        try:
            self._near.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it is closed
