"""Connections that can become raw: what a client sends behind a request to upgrade is not the next request, and a
client may have said that it writes no more before it is answered (`echo | docker run -i`, or any other request by
`nc -N`).

aiohttp's parser in C knows no other upgrade than to a websocket, and drops what follows; the one in Python knows
Docker's `tcp`. It takes 10 µs more for a request.
"""

from __future__ import annotations

import asyncio
import socket
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.http_parser import HttpRequestParserPy
from aiohttp.web_protocol import MAX_MSG_QUEUE_SIZE, RequestHandler, RequestPayloadError

from onggi.api import peer
from onggi.api.refusals import Refusal

_PIECE = 1 << 16
"""Bytes that are read at once, where a server says nothing else."""
PATIENCE = 300.0
"""Seconds in which a client has to send or to take the next piece of something that others may wait for."""


class Runner(web.AppRunner):
    """As aiohttp's, with such connections."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(
            made.request_handler,
            request_factory=made.request_factory,
            handler_cancellation=made.handler_cancellation,
            **made._kwargs,
        )


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return _Connection(self, loop=asyncio.get_running_loop(), **self._kwargs)


def lost(request: web.Request) -> asyncio.Future[None]:
    """Is done when the client has gone. The request is not upgraded, whatever it asks for: from now on a client
    that closes its sending side counts as gone, as for any request."""
    connection = request.protocol
    assert isinstance(connection, _Connection), "not a server by Runner"
    connection.decline()
    return connection.lost


def is_plain_tcp(request: web.Request) -> bool:
    """Whether it came over TCP without TLS."""
    connection = request.protocol
    assert isinstance(connection, _Connection), "not a server by Runner"
    return connection.is_plain_tcp


def client(request: web.BaseRequest) -> str:
    """Who has sent it, also when they have gone meanwhile."""
    connection = request.protocol
    assert isinstance(connection, _Connection), "not a server by Runner"
    return connection.client


class _Connection(RequestHandler):
    __slots__ = ("_declined", "_has_ended", "client", "is_plain_tcp", "lost")

    def __init__(self, manager: web.Server, *, loop: Any, **options: Any) -> None:
        super().__init__(manager, loop=loop, **options)
        self.lost: asyncio.Future[None] = loop.create_future()
        self.is_plain_tcp = True
        self.client = "-"
        self._declined: web.BaseRequest | None = None
        self._has_ended = False
        self._parser = HttpRequestParserPy(
            self,
            loop,
            options.get("read_bufsize", _PIECE),
            max_line_size=self.max_line_size,
            max_field_size=self.max_field_size,
            max_headers=self.max_headers,
            payload_exception=RequestPayloadError,
            auto_decompress=options.get("auto_decompress", True),
            max_msg_queue_size=MAX_MSG_QUEUE_SIZE,
        )

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """What cannot be read as a request gets Docker's document, too."""
        if status == HTTPStatus.BAD_REQUEST and request.writer.output_size == 0:
            answer = Refusal(status, f"malformed request: {(message or str(exc)).partition(chr(10))[0]}").response()
            answer.force_close()
            return answer
        return super().handle_error(request, status, exc, message)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.client = peer.name(transport)
        has_tls = transport.get_extra_info("sslcontext") is not None
        self.is_plain_tcp = not has_tls and transport.get_extra_info("socket").family != socket.AF_UNIX

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        if not self.lost.done():
            self.lost.set_result(None)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whether it stays open: for who is to be upgraded, or is, and for the answer to what was asked, which is the
        last one (`nc -N`). asyncio's TLS cannot; see tls.py."""
        super().eof_received()
        self._has_ended = True
        is_declined = self._declined is not None and self._declined is self._current_request
        if is_declined or self.transport is None or self.transport.get_extra_info("ssl_object"):
            return False
        if self._upgraded:
            return True
        if not self._owes_an_answer():
            return False
        self.close()  # behind the answer
        return True

    def _owes_an_answer(self) -> bool:
        """Whether a request has come as a whole, and is not answered."""
        if self._parser is None or self._parser._payload_parser is not None:
            return False
        is_waiting_for_one = not self._messages and self._waiter is not None
        return self._request_count > 0 and not is_waiting_for_one

    def decline(self) -> None:
        """Not to upgrade the request that is answered now."""
        self._declined = self._current_request
        if self._has_ended and self.transport is not None:
            self.transport.close()
