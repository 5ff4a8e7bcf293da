"""Answers that go on: made by a thread, piece by piece, sent as they come and no faster than the client takes them."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, cast

import msgspec
from aiohttp import web

from onggi.api.threads import in_thread
from onggi.errors import OnggiError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Send: TypeAlias = Callable[[bytes], None]
"""Waits until the client has room. Raises Gone."""
JSON = "application/json"
_BUFFER = 1 << 20
_LOOK_SECONDS = 0.25
"""After which one looks whether the client is still there."""


class Gone(Exception):
    """The client has gone: nobody is there any more to be told."""


class Outlet:
    """The thread's side of an answer, which `begin` begins."""

    def __init__(self, loop: asyncio.AbstractEventLoop, request: web.BaseRequest) -> None:
        self._loop = loop
        self._request = request
        self._response: web.StreamResponse | None = None

    @property
    def response(self) -> web.StreamResponse:
        assert self._response is not None
        return self._response

    @property
    def has_begun(self) -> bool:
        return self._response is not None

    async def prepare(self, response: web.StreamResponse) -> None:
        """Send the head. In the loop."""
        self._response = response
        await response.prepare(self._request)

    def begin(self, content_type: str, headers: Mapping[str, str] | None = None) -> None:
        """Send the head: what went wrong until here is told as a refusal, and what does later breaks the answer off.
        Raises Gone."""
        response = web.StreamResponse(headers={"Content-Type": content_type, **(headers or {})})
        self._wait_for(self.prepare(response))

    def send(self, data: bytes) -> None:
        """Raises Gone."""
        self._wait_for(self.response.write(data))

    def _wait_for(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except (ConnectionError, CancelledError, RuntimeError) as error:
            work.close()
            raise Gone from error

    def require_client(self) -> None:
        """For who has nothing to send for long. Raises Gone."""
        if self._request.transport is None or self._request.transport.is_closing():
            raise Gone

    def pause(self, seconds: float) -> None:
        """For who waits for something to send. Raises Gone, in a moment, once the client has gone."""
        deadline = time.monotonic() + seconds
        while True:
            self.require_client()
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _LOOK_SECONDS))

    def file(self) -> BinaryIO:
        """To write to; flush it in the end. Its writes raise Gone."""
        return file_of(self.send)

    def tell(self, document: Any) -> None:
        """As a line of JSON. Raises Gone."""
        self.send(line(document))


def line(document: Any) -> bytes:
    """Of JSON, as Docker's streams have it."""
    return msgspec.json.encode(document) + b"\r\n"


def file_of(send: Send) -> BinaryIO:
    """To write to; flush it in the end. Its writes raise what `send` does."""
    return cast(BinaryIO, io.BufferedWriter(_Sink(send), _BUFFER))


class _Sink(io.RawIOBase):
    """Passes on what is written."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        piece = bytes(data)
        self._send(piece)
        return len(piece)


async def stream(
    request: web.Request, content_type: str, produce: Callable[[Outlet], object], status: int = 200
) -> web.StreamResponse:
    """The head goes out at once: clients wait for it before they go on."""
    outlet = Outlet(asyncio.get_running_loop(), request)
    await outlet.prepare(web.StreamResponse(status=status, headers={"Content-Type": content_type}))
    return await _answer(request, outlet, produce)


async def answer(request: web.Request, produce: Callable[[Outlet], object]) -> web.StreamResponse:
    """`produce` begins it when it knows that it can."""
    return await _answer(request, Outlet(asyncio.get_running_loop(), request), produce)


async def _answer(request: web.Request, outlet: Outlet, produce: Callable[[Outlet], object]) -> web.StreamResponse:
    def work() -> None:
        try:
            produce(outlet)
        except Gone:
            return

    try:
        await in_thread(work)
    except BaseException as error:
        if not outlet.has_begun:
            raise
        if request.transport is not None:
            request.transport.abort()  # without an end, so that nobody takes a part for the whole
        if not isinstance(error, OnggiError):
            raise  # a mistake of ours is not told in the middle of something else
        return outlet.response
    if not outlet.has_begun:  # the client went before
        return web.Response(status=499)
    with suppress(ConnectionError):  # it has gone
        await outlet.response.write_eof()
    return outlet.response
