"""The server: its sockets, and what serves there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import msgspec
from aiohttp import web

from onggi.api.access_log import HTTP_LOG, LOG, AccessLog
from onggi.api.address import Address, Tcp, Unix, require_doors
from onggi.api.application import application
from onggi.api.connections import Runner
from onggi.api.context import Context
from onggi.api.handshake import TlsSite
from onggi.api.listening import Listener, Tls, listen, tls_context
from onggi.api.policy.rules import Policy
from onggi.api.requests import MOST
from onggi.engine.engine import Engine
from onggi.serving import GRACE, RUNNER_OPTIONS, Serving, beside, close_doors

_THREADS = 16
"""For requests that are answered soon; what waits has a thread of its own."""
_HEAD = 1 << 17
"""Bytes of a line of a request's head: build arguments are in the first one, logins at registries in another."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """`group` may connect to sockets in the file system. is_insecure: TCP at a loopback address needs no TLS.
    idle_seconds: after which it is done when nobody has been connected for so long, 0 for never. streams: how many
    requests may go on for long at once. on_end: called when it is done, or something has gone wrong; the end of the
    block says what."""

    addresses: Sequence[Address]
    group: str = ""
    tls: Tls | None = None
    is_insecure: bool = False
    logs_requests: bool = False
    policy: Policy | None = None
    idle_seconds: float = 0
    streams: int = MOST
    on_end: Callable[[], object] = lambda: None


class Server(Serving):
    """Serves `engine`. Containers do not end with it."""

    def __init__(self, engine: Engine, options: Options) -> None:
        super().__init__("api", options.on_end)
        self._engine, self._options = engine, options
        self._listeners: list[Listener] = []
        self._cleanup = ExitStack()

    @property
    def addresses(self) -> list[Unix | Tcp]:
        """Where it listens."""
        return [each.address for each in self._listeners]

    def __enter__(self) -> Self:
        """Raises Conflict where another server is, Denied for an open door, Invalid for a certificate that cannot be
        used, Unavailable where it cannot listen."""
        with self._cleanup:
            for address in self._options.addresses:
                for listener in listen(address, self._options.group):
                    self._cleanup.callback(listener.close)
                    self._listeners.append(listener)
            doors = [each.address for each in self._listeners if isinstance(each.address, Tcp)]
            tls = self._options.tls
            require_doors(doors, has_tls=tls is not None, is_insecure=self._options.is_insecure)
            self._tls = None if tls is None else tls_context(tls)
            super().__enter__()
            self._cleanup = self._cleanup.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._cleanup:
            super().__exit__(kind, error, trace)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, "request"))
        context = Context(self._engine, self._options.policy, self._options.streams)
        runner = Runner(
            application(context),
            access_log=LOG if self._options.logs_requests else None,
            access_log_class=AccessLog,
            logger=HTTP_LOG,
            max_line_size=_HEAD,
            max_field_size=_HEAD,
            **RUNNER_OPTIONS,
        )
        await runner.setup()
        try:
            for listener in self._listeners:
                await self._site(runner, listener).start()
            async with beside(self._watch(runner)):
                await self._until_end()
            await close_doors(runner)
            await context.requests.end(GRACE)
        finally:
            await runner.cleanup()

    def _site(self, runner: Runner, listener: Listener) -> web.SockSite:
        has_tls = self._tls is not None and isinstance(listener.address, Tcp)
        if not has_tls:
            return web.SockSite(runner, listener.socket)
        return TlsSite(runner, listener.socket, ssl_context=self._tls)

    async def _watch(self, runner: web.AppRunner) -> None:
        """Until nobody has been connected for long enough."""
        if not self._options.idle_seconds:
            return
        server, last = runner.server, asyncio.get_running_loop().time()
        assert server is not None
        while (left := last + self._options.idle_seconds - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(min(left, 1.0))
            if server.connections:
                last = asyncio.get_running_loop().time()
        self._options.on_end()
