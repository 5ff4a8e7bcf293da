"""The server: sockets, a loop in a thread of its own, from the beginning of a `with` block to its end."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from onggi.api.application import application
from onggi.api.room import Room
from onggi.engine.engine import Engine


class Server:
    """Serves `engine` at a Unix socket."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine, self._path = engine, path
        self._thread = threading.Thread(target=self._run, name="api")
        self._started: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._started.result()
        except BaseException:
            self._thread.join()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        runner = web.AppRunner(application(Room(self._engine)), access_log=None)
        await runner.setup()
        try:
            await web.UnixSite(runner, str(self._path)).start()
            self._path.chmod(0o660)
            self._started.set_result(None)
            await self._end.wait()
        finally:
            await runner.cleanup()
