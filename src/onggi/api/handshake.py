"""The beginning of a connection with TLS. asyncio ends one that does not come about without a word, to the client and
to us; here the client gets TLS's alert, or for a request without TLS an answer that it can read, and we a line.
"""

from __future__ import annotations

import asyncio
import ssl
from asyncio.sslproto import SSLProtocol
from typing import Any

from aiohttp import web

from onggi.api import peer
from onggi.api.access_log import LOG

_PLAIN = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
"""Docker's words (Go, net/http), which clients show."""
_LINGERING_SECONDS = 2.0
"""For which the client has time to read it: what it has sent meanwhile would reset the connection."""


class TlsSite(web.SockSite):
    """Connections at a socket that begin like this."""

    async def start(self) -> None:
        await web.BaseSite.start(self)
        loop, connection = asyncio.get_running_loop(), self._runner.server
        assert connection is not None and self._ssl_context is not None
        tls = self._ssl_context

        def begin() -> _Handshake:
            return _Handshake(loop, connection(), tls, waiter=None, server_side=True)  # type: ignore[arg-type]

        self._server = await loop.create_server(begin, sock=self._sock, backlog=self._backlog)


class _Handshake(SSLProtocol):
    _outgoing: ssl.MemoryBIO

    def _on_handshake_complete(self, failure: Any) -> None:  # an error, or the class of one
        beneath: Any = self._transport
        if failure is None or beneath is None:
            super()._on_handshake_complete(failure)
            return
        LOG.info("%s no TLS: %s", peer.host(beneath), _reason(failure))
        said = _PLAIN if getattr(failure, "reason", "") == "HTTP_REQUEST" else self._outgoing.read()
        if said and not beneath.is_closing():
            beneath.write(said)
            beneath.write_eof()
            beneath.set_protocol(_Farewell(beneath))
            self.connection_lost(None)
        else:
            super()._on_handshake_complete(failure)


class _Farewell(asyncio.Protocol):
    """Until the client has gone, or has had its time."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._end = asyncio.get_running_loop().call_later(_LINGERING_SECONDS, transport.abort)

    def connection_lost(self, error: Exception | None) -> None:
        self._end.cancel()


def _reason(failure: BaseException | type[BaseException]) -> str:
    """`http request`, `peer did not return a certificate`, `certificate verify failed: certificate has expired`."""
    if isinstance(failure, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {failure.verify_message}"
    if isinstance(failure, ssl.SSLError) and failure.reason:
        return failure.reason.replace("_", " ").lower()
    return "the client has left" if isinstance(failure, type) else str(failure)
