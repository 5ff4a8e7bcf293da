"""Clients that write no more: what they have asked for is answered, and nothing else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from onggi.api.connections import Runner, lost

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
SECONDS = 60.0


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[tuple[Runner, tuple[str, int]]]:
    runner = Runner(app, shutdown_timeout=0)
    await runner.setup()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        try:
            await web.SockSite(runner, listener).start()
            yield runner, listener.getsockname()
        finally:
            await runner.cleanup()


async def said(address: tuple[str, int], *pieces: bytes) -> bytes:
    """All that is answered to who says this, and then that it writes no more."""
    reader, writer = await asyncio.open_connection(*address)
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(0.01)
    writer.write_eof()
    async with asyncio.timeout(SECONDS):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("pieces", "answer"),
    [
        ((GET,), b"GET "),
        ((POST + b"data",), b"POST data"),
        ((POST, b"data"), b"POST data"),
        ((POST + b"dat",), b""),
        ((GET[:-2],), b""),
        ((), b""),
    ],
    ids=["plain", "body", "body-later", "half-a-body", "half-a-head", "nothing"],
)
def test_who_writes_no_more_is_answered_once(pieces: tuple[bytes, ...], answer: bytes) -> None:
    """However long it takes; and the connection is over then."""

    async def slow(request: web.Request) -> web.Response:
        text = await request.text()
        await asyncio.sleep(0.05)
        return web.Response(text=f"{request.method} {text}")

    async def run() -> None:
        app = web.Application()
        app.router.add_route("*", "/", slow)
        async with served(app) as (runner, address):
            assert (await said(address, *pieces)).partition(b"\r\n\r\n")[2] == answer
            assert runner.server is not None
            async with asyncio.timeout(SECONDS):
                while runner.server.connections:
                    await asyncio.sleep(0.01)

    asyncio.run(run())


def test_what_is_no_request_is_answered_too() -> None:
    async def run() -> None:
        async with served(web.Application()) as (_, address):
            assert (await said(address, b"nonsense\r\n\r\n")).startswith(b"HTTP/1.0 400")

    asyncio.run(run())


def test_who_follows_something_has_gone_then() -> None:
    """As one cannot tell it from a client that has ended."""
    has_noticed = asyncio.Event()

    async def follow(request: web.Request) -> web.Response:
        await lost(request)
        has_noticed.set()
        return web.Response()

    async def run() -> None:
        app = web.Application()
        app.router.add_get("/", follow)
        async with served(app) as (_, address):
            assert await said(address, GET) == b""
            async with asyncio.timeout(SECONDS):
                await has_noticed.wait()

    asyncio.run(run())
