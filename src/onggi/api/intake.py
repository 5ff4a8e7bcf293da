"""Bodies that are long, as files that a thread reads: never more of one in memory than a piece."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import CancelledError
from typing import BinaryIO, cast

from aiohttp import http_exceptions, web

from onggi.api.connections import PATIENCE
from onggi.api.refusals import Refusal
from onggi.errors import Invalid

_BUFFER = 1 << 20
_BROKEN = (ConnectionError, CancelledError, RuntimeError, web.RequestPayloadError, http_exceptions.HttpProcessingError)


class _Body(io.RawIOBase):
    """Asks the loop for each piece, and waits for it."""

    def __init__(self, request: web.Request, patience: float) -> None:
        self._content = request.content
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Raises Invalid where the body ends before its end, or its chunks are none, Refusal where nothing comes."""
        if not self._rest:
            try:
                piece = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
            except _BROKEN as error:
                raise Invalid(f"the body of the request is not whole: {error}") from error
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(self._patience):
                return await self._content.readany()
        except TimeoutError:
            raise Refusal(408, f"no byte of the request's body came for {self._patience:g} seconds") from None


def file_of(request: web.Request, patience: float = PATIENCE) -> BinaryIO:
    """The body. To be read in another thread than the loop's. Reading raises Invalid where it is not whole, and Refusal
    when nothing has come for `patience` seconds."""
    return cast(BinaryIO, io.BufferedReader(_Body(request, patience), _BUFFER))
