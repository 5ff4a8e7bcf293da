"""What is asked by a page in a browser, of a server without TLS."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp import web

from onggi.api.connections import Runner
from onggi.api.pages import require_no_page
from onggi.api.refusals import Refusal


async def answer(request: web.Request) -> web.StreamResponse:
    try:
        require_no_page(request)
    except Refusal as refusal:
        return refusal.response()
    return web.Response(text="OK")


def asked(family: int, path: Path, said: Sequence[str]) -> int:
    """The status of what such a socket's server answers."""

    async def run() -> int:
        app = web.Application()
        app.router.add_route("*", "/", answer)
        runner = Runner(app, shutdown_timeout=0)
        await runner.setup()
        try:
            listener = socket.socket(family)
            listener.bind(str(path) if family == socket.AF_UNIX else ("127.0.0.1", 0))
            await web.SockSite(runner, listener).start()
            reader, writer = await _opened(listener)
            writer.write("\r\n".join(["POST / HTTP/1.1", *said, "Connection: close", "", ""]).encode())
            _, status, _ = (await reader.readline()).split(maxsplit=2)
            writer.close()
            return int(status)
        finally:
            await runner.cleanup()

    return asyncio.run(run())


async def _opened(listener: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if listener.family == socket.AF_UNIX:
        return await asyncio.open_unix_connection(listener.getsockname())
    return await asyncio.open_connection(*listener.getsockname())


CLIENTS = (
    ["Host: 127.0.0.1:2375"],
    ["Host: localhost:2375"],
    ["Host: [::1]:2375"],
    ["Host: api.moby.localhost"],
    ["Host: localhost:2375", "Origin: http://localhost:2375"],
)
PAGES = (
    ["Host: localhost:2375", "Origin: https://evil.example"],
    ["Host: localhost:2375", "Origin: http://localhost:3000"],
    ["Host: localhost:2375", "Origin: null"],
    ["Host: evil.example:2375"],
    ["Host: evil.example:2375", "Origin: http://evil.example:2375"],
    ["Host: 127.0.0.1.evil.example"],
    ["Host: localhost.evil.example:2375"],
)


@pytest.mark.parametrize("said", CLIENTS, ids=", ".join)
def test_clients_are_served(said: Sequence[str], tmp_path: Path) -> None:
    assert asked(socket.AF_INET, tmp_path / "s", said) == 200


@pytest.mark.parametrize("said", PAGES, ids=", ".join)
def test_pages_are_not(said: Sequence[str], tmp_path: Path) -> None:
    assert asked(socket.AF_INET, tmp_path / "s", said) == 403


@pytest.mark.parametrize("said", [["Host: docker"], PAGES[0]], ids=", ".join)
def test_no_page_reaches_a_socket_in_the_file_system(said: Sequence[str], tmp_path: Path) -> None:
    """What stands before it, a proxy, says what it likes."""
    assert asked(socket.AF_UNIX, tmp_path / "s", said) == 200
