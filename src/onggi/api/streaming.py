"""Answers that go on: made by a thread, piece by piece, sent as they come and no faster than the client takes them.

The head goes out with the first piece. What goes wrong before is an answer of its own, with a status; what goes wrong
later breaks the answer off, so that nobody takes a part for the whole. Answers that tell of work (a pull, a build) say
it in their last line (moby, streamformatter).

When the client has gone, or the server lets go of it because it ends, the thread is told so, and waited for.
"""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, cast

import msgspec
from aiohttp import web

from onggi.api import refusals, threads
from onggi.api.access_log import SERVER_LOG
from onggi.api.connections import PATIENCE, lost
from onggi.api.refusals import Refusal
from onggi.api.requests import given_up
from onggi.errors import Failed, OnggiError, Unavailable
from onggi.solve.ports import Abandoned, Cancel

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

JSON = "application/json"
_BUFFER = 1 << 20
_GONE = 499
"""The status, in the log, of an answer that nobody waited for."""
Produce: TypeAlias = Callable[["Outlet"], object]


class Gone(Exception):
    """The client has gone, or is let go of: nobody is there any more to be told."""


class Outlet:
    """The thread's side of an answer. `cancel` is set when nobody is there any more. patience: seconds in which the
    client has to take a piece, None for ever."""

    def __init__(self, request: web.Request, content_type: str, patience: float | None) -> None:
        self.cancel = Cancel()
        self.response = web.StreamResponse(headers={"Content-Type": content_type})
        self._request = request
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._is_over = threading.Event()

    # For the thread.

    def begin(self, headers: Mapping[str, str] | None = None) -> None:
        """Send the head, for clients that wait for it before they go on. Raises Gone."""
        self.response.headers.update(headers or {})
        self._wait_for(self._prepare())

    def send(self, data: bytes) -> None:
        """Waits until the client has room. Raises Gone."""
        self._wait_for(self._write(data))

    def tell(self, document: Any) -> None:
        """As a line of JSON. When nobody is there any more nobody hears it."""
        with suppress(Gone):
            self.send(line(document))

    def file(self) -> BinaryIO:
        """To write to; flush it in the end. Its writes raise Gone."""
        return cast(BinaryIO, io.BufferedWriter(_Sink(self.send), _BUFFER))

    def require_client(self) -> None:
        """For who has nothing to send for long. Raises Gone."""
        if self._is_over.is_set():
            raise Gone

    def pause(self, seconds: float) -> None:
        """For who waits for something to send. Raises Gone as soon as nobody is there any more."""
        if self._is_over.wait(seconds):
            raise Gone

    def _wait_for(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            self.require_client()
            asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except (ConnectionError, CancelledError, RuntimeError) as error:
            raise Gone from error
        finally:
            work.close()  # where the loop has ended, or nobody is there, it has not begun

    # For the loop.

    async def _prepare(self) -> None:
        if not self.response.prepared:
            await self.response.prepare(self._request)

    async def _write(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._prepare()
                await self.response.write(data)
        except TimeoutError:
            asked = f"{self._request.method} {self._request.path!a}"
            SERVER_LOG.warning("%s was given up: its client has read nothing for %g seconds", asked, self._patience)
            self.break_off()
            raise Gone from None

    async def run(self, produce: Produce) -> None:
        """Raises what it raises, and Unavailable where the server has let go of it."""
        ended: asyncio.Future[Any] = threads.begin(lambda: produce(self))
        told: Unavailable | None = None
        try:
            await asyncio.wait({ended, lost(self._request)}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            told = given_up()
            self._request.content.set_exception(told)  # for who reads the body
        if not ended.done():  # work that goes wrong sets `cancel` itself, and then somebody has to hear of it
            await self._let_go()
        while not ended.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({ended})
        try:
            ended.result()
        except (Gone, Abandoned):
            if told is not None:
                raise told from None
            raise

    async def _let_go(self) -> None:
        self._is_over.set()
        try:
            await threads.in_thread(self.cancel.set)  # it ends processes
        except Unavailable:  # no thread is to be had: the loop does it
            self.cancel.set()

    async def end(self, last: bytes = b"") -> None:
        with suppress(ConnectionError, Gone):  # it has gone
            await self._write(last)
            await self.response.write_eof()

    def break_off(self) -> None:
        """Without an end, so that nobody takes a part for the whole."""
        if self._request.transport is not None:
            self._request.transport.abort()


async def answer(request: web.Request, produce: Produce, content_type: str = JSON) -> web.StreamResponse:
    """Raises what `produce` raises before it has begun."""
    return await _answer(Outlet(request, content_type, None), produce, None)


async def tell(
    request: web.Request, work: Produce, content_type: str = JSON, patience: float = PATIENCE
) -> web.StreamResponse:
    """Of `work`, which others may wait for: so it is given up when the client does not read for `patience` seconds.
    Raises what it raises before its first line."""
    return await _answer(Outlet(request, content_type, patience), work, lambda error: line(failure(error)))


def line(document: Any) -> bytes:
    """Of JSON, as Docker's streams have it."""
    return msgspec.json.encode(document) + b"\r\n"


def failure(error: OnggiError | Refusal) -> dict[str, Any]:
    """The line that says why there is no more."""
    message = error.message if isinstance(error, Refusal) else refusals.of_error(error).message
    detail: dict[str, Any] = {"message": message}
    if isinstance(error, Failed):
        detail["code"] = error.exit_code
    return {"errorDetail": detail, "error": message}


async def _answer(
    outlet: Outlet, produce: Produce, last: Callable[[OnggiError | Refusal], bytes] | None
) -> web.StreamResponse:
    """`last`: what ends an answer that goes wrong on the way; without it the connection is broken off."""
    response = outlet.response
    try:
        await outlet.run(produce)
    except (Gone, Abandoned):
        return response if response.prepared else web.Response(status=_GONE)
    except (OnggiError, Refusal) as error:
        if not response.prepared:
            raise
        if last is None:
            outlet.break_off()
        else:
            await outlet.end(last(error))
    except BaseException:
        if response.prepared:
            outlet.break_off()  # a mistake of ours is not told in the middle of something else
        raise
    else:
        await outlet.end()
    return response


class _Sink(io.RawIOBase):
    """Passes on what is written."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        piece = bytes(data)
        self._send(piece)
        return len(piece)
