"""Answers of work that goes on, whose head goes out with the first of it: lines of JSON that tell of pulls, pushes,
loads and builds (moby, streamformatter), and files.

What goes wrong before is an answer of its own, with a status. What goes wrong later is told by the last line; a file is
cut short by it. The work is given up when the client has gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, BinaryIO, TypeAlias

import aiohttp
from aiohttp import web

from onggi.api import refusals
from onggi.api.refusals import Refusal
from onggi.api.streaming import JSON, Gone, Send, file_of, line
from onggi.errors import Failed, OnggiError
from onggi.solve.ports import Abandoned, Cancel

Tell: TypeAlias = Callable[[dict[str, Any]], object]
"""Sends a line; waits until the client has room for it. Once the client has gone nobody hears it."""

_GLANCE_SECONDS = 0.2
_GONE = (ConnectionError, aiohttp.ClientConnectionError, CancelledError, RuntimeError)


async def tell(request: web.Request, work: Callable[[Tell, Cancel], object]) -> web.StreamResponse:
    """`work` runs in a thread of its own. Raises what it raises before its first line."""

    def run(send: Send, cancel: Cancel) -> None:
        def told(document: dict[str, Any]) -> None:
            with suppress(Gone):
                send(line(document))

        work(told, cancel)

    return await _answer(request, JSON, run, lambda error: line(failure(error)))


async def deliver(request: web.Request, content_type: str, work: Callable[[BinaryIO], object]) -> web.StreamResponse:
    """`work`, in a thread of its own, writes a file. Raises what it raises before its first bytes."""

    def run(send: Send, cancel: Cancel) -> None:
        with suppress(Gone), file_of(send) as file:
            work(file)

    return await _answer(request, content_type, run, None)


def failure(error: OnggiError | Refusal) -> dict[str, Any]:
    """The line that says why there is no more."""
    message = error.message if isinstance(error, Refusal) else refusals.of_error(error).message
    detail: dict[str, Any] = {"message": message}
    if isinstance(error, Failed):
        detail["code"] = error.exit_code
    return {"errorDetail": detail, "error": message}


async def _answer(
    request: web.Request,
    content_type: str,
    work: Callable[[Send, Cancel], object],
    last: Callable[[OnggiError | Refusal], bytes] | None,
) -> web.StreamResponse:
    """`last`: what ends an answer that goes wrong on the way; without it the connection ends."""
    response = web.StreamResponse(headers={"Content-Type": content_type})
    loop, cancel = asyncio.get_running_loop(), Cancel()

    async def write(data: bytes) -> None:
        if not response.prepared:
            await response.prepare(request)
        await response.write(data)

    def send(data: bytes) -> None:
        try:
            asyncio.run_coroutine_threadsafe(write(data), loop).result()
        except _GONE as error:
            raise Gone from error

    watch = asyncio.create_task(_watch(request, cancel))
    try:
        await _run(lambda: work(send, cancel), cancel)
    except Abandoned:
        pass  # by the client, who hears nothing of it
    except (OnggiError, Refusal) as error:
        if not response.prepared:
            raise
        if last is None:
            _break_off(request)
        else:
            with suppress(*_GONE):
                await write(last(error))
    except BaseException:
        if response.prepared:
            _break_off(request)  # a mistake of ours is not told in the middle of something else
        raise
    finally:
        watch.cancel()
    with suppress(*_GONE):
        await write(b"")
        await response.write_eof()
    return response


async def _run(work: Callable[[], object], cancel: Cancel) -> None:
    """In a thread. Where this server ends, the work is given up, and ends before it."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="answer")
    ended = asyncio.get_running_loop().run_in_executor(pool, work)
    pool.shutdown(wait=False)
    while not ended.done():
        try:
            await asyncio.shield(ended)
        except asyncio.CancelledError:
            cancel.set()
    ended.result()


def _break_off(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _watch(request: web.Request, cancel: Cancel) -> None:
    while request.transport is not None:
        await asyncio.sleep(_GLANCE_SECONDS)
    await asyncio.to_thread(cancel.set)  # it ends processes
