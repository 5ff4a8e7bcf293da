"""Answers that go on: made by a thread, piece by piece, sent as they come and no faster than the client takes them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, cast

import msgspec
from aiohttp import web

from onggi.api.hijack import in_thread

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Send: TypeAlias = Callable[[bytes], None]
"""Waits until the client has room. Raises Gone."""
JSON = "application/json"
_BUFFER = 1 << 20


class Gone(Exception):
    """The client has gone: nobody is there any more to be told."""


class Outlet:
    """The thread's side of an answer."""

    def __init__(self, loop: asyncio.AbstractEventLoop, request: web.BaseRequest, response: web.StreamResponse) -> None:
        self._loop = loop
        self._request = request
        self._response = response

    def send(self, data: bytes) -> None:
        """Raises Gone."""
        try:
            asyncio.run_coroutine_threadsafe(self._response.write(data), self._loop).result()
        except (ConnectionError, CancelledError, RuntimeError) as error:
            raise Gone from error

    def require_client(self) -> None:
        """For who has nothing to send for long. Raises Gone."""
        if self._request.transport is None:
            raise Gone

    def file(self) -> BinaryIO:
        """To write to; flush it in the end. Its writes raise Gone."""
        return cast(BinaryIO, io.BufferedWriter(_Sink(self), _BUFFER))

    def tell(self, document: Any) -> None:
        """As a line of JSON. Raises Gone."""
        self.send(msgspec.json.encode(document) + b"\r\n")


class _Sink(io.RawIOBase):
    """Passes on what is written."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        piece = bytes(data)
        self._outlet.send(piece)
        return len(piece)


async def stream(
    request: web.Request, content_type: str, produce: Callable[[Outlet], object], status: int = 200
) -> web.StreamResponse:
    """The head goes out at once: clients wait for it before they go on."""
    response = web.StreamResponse(status=status, headers={"Content-Type": content_type})
    await response.prepare(request)
    outlet = Outlet(asyncio.get_running_loop(), request, response)

    def work() -> None:
        try:
            produce(outlet)
        except Gone:
            return

    await in_thread(work)
    with suppress(ConnectionError):  # it has gone
        await response.write_eof()
    return response
