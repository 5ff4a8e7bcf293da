"""Connections that become raw: what stays of them in the server once they are over."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest
from aiohttp import web
from tests.registries.tls import Authority

from onggi.api.connections import Runner
from onggi.api.hijack import Serve, Wire, hijack
from onggi.api.listening import Tls, tls_context

REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"
SECONDS = 60.0


def prepare() -> tuple[str, Serve]:
    def serve(wire: Wire) -> None:
        wire.connection.sendall(b"hello")

    return "text/plain", serve


async def upgraded(request: web.Request) -> web.Response:
    return await hijack(request, prepare)


def asked(address: tuple[str, int], context: ssl.SSLContext | None) -> bytes:
    """All that is answered."""
    with socket.create_connection(address, SECONDS) as plain:
        connection = plain if context is None else context.wrap_socket(plain, server_hostname="localhost")
        with connection:
            connection.sendall(REQUEST)
            pieces = []
            while piece := connection.recv(65536):
                pieces.append(piece)
    return b"".join(pieces)


async def serve_one(ours: ssl.SSLContext | None, theirs: ssl.SSLContext | None) -> None:
    """Until the server has no connection any more."""
    app = web.Application()
    app.router.add_post("/", upgraded)
    runner = Runner(app, shutdown_timeout=0)
    await runner.setup()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        try:
            await web.SockSite(runner, listener, ssl_context=ours).start()
            answer = await asyncio.to_thread(asked, listener.getsockname(), theirs)
            assert answer.startswith(b"HTTP/1.1 101 ")
            assert answer.endswith(b"hello")
            assert runner.server is not None
            async with asyncio.timeout(SECONDS):
                while runner.server.connections:
                    await asyncio.sleep(0.01)
        finally:
            await runner.cleanup()


@pytest.mark.parametrize("is_secure", [False, True])
def test_a_raw_connection_that_is_over_is_forgotten(is_secure: bool, tmp_path: Path) -> None:
    if not is_secure:
        asyncio.run(serve_one(None, None))
        return
    authority = Authority(tmp_path)
    server, client = authority.server(), authority.client()
    theirs = ssl.create_default_context(cafile=str(authority.bundle))
    theirs.load_cert_chain(client.certificate, client.key)
    asyncio.run(serve_one(tls_context(Tls(authority.bundle, server.certificate, server.key)), theirs))
