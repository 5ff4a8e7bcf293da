"""Connections that become raw: what stays of them in the server once they are over, or could not begin."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from tests.registries.tls import Authority

from onggi.api import hijack
from onggi.api.connections import Runner
from onggi.api.hijack import RawConnection
from onggi.api.listening import Tls, tls_context

REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"
SECONDS = 60.0


class Greeter:
    """`has_left` once it has let go of what it holds."""

    content_type = "text/plain"

    def __init__(self, words: bytes = b"hello") -> None:
        self.words = words
        self.has_served = False
        self.has_left = threading.Event()

    def serve(self, connection: RawConnection) -> None:
        self.has_served = True
        connection.socket.sendall(self.words)

    def close(self) -> None:
        self.has_left.set()


class Slow:
    """What is prepared until it may go on."""

    def __init__(self) -> None:
        self.greeter = Greeter()
        self.has_begun = threading.Event()
        self.may_go_on = threading.Event()

    def __call__(self) -> Greeter:
        self.has_begun.set()
        self.may_go_on.wait(SECONDS)
        return self.greeter


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


@asynccontextmanager
async def served(
    prepare: Callable[[], Greeter], context: ssl.SSLContext | None = None, grace: float = 0
) -> AsyncIterator[tuple[Runner, tuple[str, int]]]:
    """A server that gives each connection to whom `prepare` makes, and where it listens. grace: seconds that requests
    have at its end, 0 is for ever."""

    async def upgraded(request: web.Request) -> web.Response:
        return await hijack.hijack(request, prepare)

    app = web.Application()
    app.router.add_post("/", upgraded)
    runner = Runner(app, shutdown_timeout=grace)
    await runner.setup()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        try:
            await web.SockSite(runner, listener, ssl_context=context).start()
            yield runner, listener.getsockname()
        finally:
            await runner.cleanup()


async def emptied(runner: Runner) -> None:
    """Until the server has no connection any more."""
    assert runner.server is not None
    async with asyncio.timeout(SECONDS):
        while runner.server.connections:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("is_secure", [False, True])
def test_a_raw_connection_that_is_over_is_forgotten(is_secure: bool, tmp_path: Path) -> None:
    ours = theirs = None
    if is_secure:
        authority = Authority(tmp_path)
        server, client = authority.server(), authority.client()
        theirs = ssl.create_default_context(cafile=str(authority.bundle))
        theirs.load_cert_chain(client.certificate, client.key)
        ours = tls_context(Tls(authority.bundle, server.certificate, server.key))
    greeter = Greeter()

    async def run() -> None:
        async with served(lambda: greeter, ours) as (runner, address):
            answer = await asyncio.to_thread(asked, address, theirs)
            assert answer.startswith(b"HTTP/1.1 101 ")
            assert answer.endswith(b"hello")
            await emptied(runner)

    asyncio.run(run())
    assert greeter.has_left.is_set()


def test_what_is_said_waits_for_the_client_to_read_the_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long that takes, here: also over TCP one read gives the head alone."""
    monkeypatch.setattr(hijack, "_HEAD_SECONDS", SECONDS)

    def read_twice(address: tuple[str, int]) -> tuple[bytes, bytes]:
        with socket.create_connection(address, SECONDS) as client:
            client.sendall(REQUEST)
            client.recv(1, socket.MSG_PEEK)
            time.sleep(0.02)
            return client.recv(65536), client.recv(65536)

    async def run() -> None:
        async with served(Greeter) as (_, address):
            head, said = await asyncio.to_thread(read_twice, address)
            assert head.endswith(b"\r\n\r\n")
            assert said == b"hello"

    asyncio.run(run())


def test_whoever_was_prepared_leaves_when_the_client_has_gone_meanwhile() -> None:
    prepare = Slow()

    async def run() -> None:
        async with served(prepare) as (runner, address):
            with socket.create_connection(address, SECONDS) as client:
                client.sendall(REQUEST)
                await asyncio.to_thread(prepare.has_begun.wait, SECONDS)
                assert runner.server is not None
                (connection,) = runner.server.connections
                assert connection.transport is not None
                connection.transport.abort()  # as a client that resets it
            prepare.may_go_on.set()
            assert await asyncio.to_thread(prepare.greeter.has_left.wait, SECONDS)
            await emptied(runner)

    asyncio.run(run())
    assert not prepare.greeter.has_served


def test_whoever_was_prepared_leaves_when_the_server_has_no_descriptor_left(monkeypatch: pytest.MonkeyPatch) -> None:
    greeter = Greeter()

    def full(transport: asyncio.Transport) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(hijack, "_opened", full)

    async def run() -> None:
        async with served(lambda: greeter) as (_, address):
            answer = await asyncio.to_thread(asked, address, None)
            assert answer.startswith(b"HTTP/1.1 500 ")

    asyncio.run(run())
    assert greeter.has_left.is_set()
    assert not greeter.has_served


def test_whoever_was_prepared_leaves_when_the_server_ends_meanwhile() -> None:
    prepare = Slow()

    async def run() -> None:
        async with served(prepare, grace=0.1) as (_, address):
            with socket.create_connection(address, SECONDS) as client:
                client.sendall(REQUEST)
                await asyncio.to_thread(prepare.has_begun.wait, SECONDS)
        prepare.may_go_on.set()
        assert await asyncio.to_thread(prepare.greeter.has_left.wait, SECONDS)

    asyncio.run(run())
    assert not prepare.greeter.has_served


def test_what_is_refused_is_answered_and_the_connection_goes_on() -> None:
    def refuse() -> Greeter:
        raise web.HTTPConflict(text="not now")

    async def run() -> None:
        async with served(refuse) as (_, address):
            await asyncio.to_thread(ask_twice, address)

    def ask_twice(address: tuple[str, int]) -> None:
        with socket.create_connection(address, SECONDS) as client:
            for _ in range(2):
                client.sendall(REQUEST)
                answer = b""
                while not answer.endswith(b"not now"):
                    answer += client.recv(65536)
                assert answer.startswith(b"HTTP/1.1 409 ")

    asyncio.run(run())
