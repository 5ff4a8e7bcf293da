"""Answers that go on: made by a thread, piece by piece, sent as they come and no faster than the client takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, TypeAlias

import msgspec
from aiohttp import web

from onggi.api.hijack import in_thread

Send: TypeAlias = Callable[[bytes], None]
"""Waits until the client has room. Raises Gone."""
JSON = "application/json"


class Gone(Exception):
    """The client has gone: nobody is there any more to be told."""


class Outlet:
    """The thread's side of an answer."""

    def __init__(self, loop: asyncio.AbstractEventLoop, response: web.StreamResponse) -> None:
        self._loop = loop
        self._response = response

    def send(self, data: bytes) -> None:
        """Raises Gone."""
        try:
            asyncio.run_coroutine_threadsafe(self._response.write(data), self._loop).result()
        except (ConnectionError, CancelledError, RuntimeError) as error:
            raise Gone from error

    def tell(self, document: Any) -> None:
        """As a line of JSON. Raises Gone."""
        self.send(msgspec.json.encode(document) + b"\r\n")


async def stream(
    request: web.Request, content_type: str, produce: Callable[[Outlet], object], status: int = 200
) -> web.StreamResponse:
    """The head goes out at once: clients wait for it before they go on."""
    response = web.StreamResponse(status=status, headers={"Content-Type": content_type})
    await response.prepare(request)
    outlet = Outlet(asyncio.get_running_loop(), response)

    def work() -> None:
        try:
            produce(outlet)
        except Gone:
            return

    await in_thread(work)
    with suppress(ConnectionError):  # it has gone
        await response.write_eof()
    return response
