"""A connection that stops to be HTTP and becomes a stream of bytes in both directions (attach, exec).

Docker's clients ask with `Upgrade: tcp` and get a 101, older ones get a 200; what follows is raw in either case. The
socket is given to a thread, which does with it what the command line does with a terminal: the monitor's frames are
Docker's own, so bytes pass through as they are.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from aiohttp import web

RAW = "application/vnd.docker.raw-stream"
MULTIPLEXED = "application/vnd.docker.multiplexed-stream"


class Hijacked(web.Response):
    """An answer that has been given already."""

    async def prepare(self, request: web.BaseRequest) -> None:
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        return None


async def hijack(
    request: web.Request, content_type: str, serve: Callable[[socket.socket, bytes], object]
) -> web.Response:
    """`serve` gets the connection and what was already read of it, in a thread of its own; with its end the connection
    is closed."""
    transport = request.transport
    assert transport is not None
    transport.pause_reading()
    connection = transport.get_extra_info("socket").dup()
    connection.setblocking(True)
    first = request.protocol._message_tail  # what follows the request, whose parser has stopped behind it
    connection.sendall(_head(request, content_type))
    try:
        await in_thread(lambda: serve(connection, first))
    finally:
        connection.close()
        transport.close()
    answer = Hijacked()
    answer.force_close()
    return answer


def _head(request: web.Request, content_type: str) -> bytes:
    lines = [f"Content-Type: {content_type}"]
    if request.headers.get("Upgrade", "").lower() == "tcp":
        lines = ["HTTP/1.1 101 UPGRADED", *lines, "Connection: Upgrade", "Upgrade: tcp"]
    else:
        lines = ["HTTP/1.1 200 OK", *lines]
    return "\r\n".join([*lines, "", ""]).encode()


async def in_thread(work: Callable[[], object]) -> None:
    """In one of its own, however many there are: it may wait for long."""
    import threading

    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001
            loop.call_soon_threadsafe(done.set_exception, error)
        else:
            loop.call_soon_threadsafe(done.set_result, None)

    threading.Thread(target=run, daemon=True).start()
    await done
