"""What our servers have in common: a loop in a thread of its own, from the beginning of a `with` block to its end, and
how long what stalls, or is under way at the end, is waited for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self

from aiohttp import web

GRACE = 5.0
"""Seconds that what is under way has to end when the server does."""
_QUIET_SECONDS = 75.0
"""For which a connection may be without a request, or take to send the head of one."""
_LINGERING_SECONDS = 2.0
"""For which the rest of a body that was refused is read and forgotten, so that its client gets to read why."""
_PIECE = 1 << 17
"""Bytes of a body that may wait, for each client; the next ones come as far as twice that."""
RUNNER_OPTIONS: dict[str, Any] = {
    "shutdown_timeout": GRACE,
    "keepalive_timeout": _QUIET_SECONDS,
    "lingering_time": _LINGERING_SECONDS,
    "read_bufsize": _PIECE,
    "auto_decompress": False,  # a body is the bytes that come, whatever is said of them
}
"""Of aiohttp's runner."""


class Serving:
    """One of them says in `_run` what it does, and waits there with `_until_end`. `on_failure` is called in its thread
    when something goes wrong after it has begun to serve; the end of the block raises it."""

    def __init__(self, name: str, on_failure: Callable[[], object] = lambda: None) -> None:
        self._thread = threading.Thread(target=self._begin, name=name)
        self._has_begun: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_over = asyncio.Event()
        self._on_failure = on_failure
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        """Raises what goes wrong before it serves."""
        self._thread.start()
        try:
            self._has_begun.result()
        except BaseException:
            self._thread.join()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nobody comes in any more; what is under way has `GRACE` to end. Raises what went wrong meanwhile."""
        assert self._loop is not None
        with suppress(RuntimeError):  # the loop has ended of itself
            self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _begin(self) -> None:
        try:
            self._run()
        except BaseException as error:  # noqa: BLE001
            if not self._has_begun.done():
                self._has_begun.set_exception(error)
                return
            self._failure = error
            self._on_failure()

    def _run(self) -> None:
        """All of it, in the thread."""
        raise NotImplementedError

    async def _until_end(self) -> None:
        """It serves from now on, until it shall end."""
        self._loop = asyncio.get_running_loop()
        self._has_begun.set_result(None)
        await self._is_over.wait()


async def close_doors(runner: web.AppRunner) -> None:
    """Nobody comes in any more. What those who are in still send gets through: `runner.cleanup` lets no more bytes of
    bodies in."""
    await asyncio.sleep(0)  # lets in who has just been accepted, and would be lost (python/cpython#109564)
    for site in list(runner.sites):
        await site.stop()


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """It goes on as long as the block, at most."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
