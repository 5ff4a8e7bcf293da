"""What the API uses of aiohttp and asyncio without their promise: each is named here, so that the day on which a later
one has it no more, or other than it was, is this test's and not a client's."""

from __future__ import annotations

import asyncio
import inspect
import platform
import ssl
from asyncio.sslproto import SSLProtocol
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.http_parser import HttpRequestParserPy
from aiohttp.web_protocol import MAX_MSG_QUEUE_SIZE, RequestHandler
from tests.registries.tls import Authority

from onggi.api.connections import Runner
from onggi.api.listening import Tls, tls_context

HERE = f"aiohttp {aiohttp.__version__} on Python {platform.python_version()}"
REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"
OF_CLASSES = [
    (web.AppRunner, "_make_server", "connections.py puts its own server in its place"),
    (RequestHandler, "_upgraded", "connections.py stays open for who writes no more, once this is true"),
    (RequestHandler, "_message_tail", "hijack.py takes what follows a request from it"),
    (RequestHandler, "_current_request", "connections.py knows by it which request is not upgraded"),
    (RequestHandler, "_parser", "connections.py puts the parser in Python in its place"),
    (RequestHandler, "_messages", "connections.py knows by it whether a request waits for its turn"),
    (SSLProtocol, "_on_handshake_complete", "handshake.py is told by it that none came about"),
    (RequestHandler, "_waiter", "connections.py knows by it whether one is answered"),
    (RequestHandler, "_request_count", "connections.py knows by it whether one has come"),
]
OF_TLS = {
    "_incoming": (ssl.MemoryBIO, "what came, not decrypted yet"),
    "_outgoing": (ssl.MemoryBIO, "what TLS has to say"),
    "_transport": (asyncio.Transport, "the connection beneath"),
    "_sslobj": (ssl.SSLObject, "what get_extra_info tells as ssl_object"),
}


@pytest.mark.parametrize(("owner", "name", "use"), OF_CLASSES, ids=[name for _, name, _ in OF_CLASSES])
def test_of_classes(owner: type, name: str, use: str) -> None:
    assert hasattr(owner, name), f"{HERE}: {owner.__name__}.{name} is gone; {use}"


def test_of_the_server() -> None:
    async def run() -> None:
        runner = web.AppRunner(web.Application(), max_line_size=4096)
        await runner.setup()
        kept: dict[str, Any] = getattr(runner.server, "_kwargs", {})
        await runner.cleanup()
        assert kept.get("max_line_size") == 4096, f"{HERE}: Server._kwargs are not what a connection is made with"

    asyncio.run(run())


def test_of_the_parser() -> None:
    given = {"max_line_size", "max_field_size", "max_headers", "payload_exception", "auto_decompress"}
    missing = {*given, "max_msg_queue_size"} - set(inspect.signature(HttpRequestParserPy).parameters)
    assert not missing, f"{HERE}: HttpRequestParserPy has no {', '.join(sorted(missing))}"
    assert MAX_MSG_QUEUE_SIZE > 0


def test_the_parser_stops_behind_a_request_to_upgrade_to_tcp() -> None:
    """As that in C does not."""

    async def run() -> None:
        seen: list[tuple[bool, bytes]] = []

        async def look(request: web.BaseRequest) -> web.StreamResponse:
            seen.append((request.protocol._upgraded, request.protocol._message_tail))
            return web.Response()

        app = web.Application()
        app.router.add_post("/", look)
        runner = Runner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
            writer.write(REQUEST + b"what follows")
            await reader.readline()
            writer.close()
        finally:
            await runner.cleanup()
        assert seen == [(True, b"what follows")], f"{HERE}: what follows a request to upgrade is not kept as it was"

    asyncio.run(run())


def test_of_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server, client = authority.server(), authority.client()
    theirs = ssl.create_default_context(cafile=str(authority.bundle))
    theirs.load_cert_chain(client.certificate, client.key)
    ours = tls_context(Tls(authority.bundle, server.certificate, server.key))

    async def run() -> None:
        accepted: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
        listener = await asyncio.start_server(lambda _, writer: accepted.set_result(writer), "127.0.0.1", 0, ssl=ours)
        host, port = listener.sockets[0].getsockname()[:2]
        async with listener:
            _, writer = await asyncio.open_connection(host, port, ssl=theirs, server_hostname="localhost")
            transport = (await accepted).transport
            protocol = getattr(transport, "_ssl_protocol", None)
            assert isinstance(protocol, asyncio.BaseProtocol), f"{HERE}: a transport of TLS has no _ssl_protocol"
            for name, (kind, what) in OF_TLS.items():
                assert isinstance(getattr(protocol, name, None), kind), f"{HERE}: SSLProtocol.{name} is not {what}"
            assert transport.get_extra_info("ssl_object") is protocol._sslobj  # type: ignore[attr-defined]
            transport.abort()
            writer.transport.abort()

    asyncio.run(run())
