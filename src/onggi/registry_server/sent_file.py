"""A file as an answer, which knows how much of it went out."""

from __future__ import annotations

from typing import IO, Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter


class SentFile(web.FileResponse):
    """`sent` bytes of the file went out: the kernel sends them, and `body_length` counts only what it does not."""

    sent = 0

    async def _sendfile(self, request: web.BaseRequest, fobj: IO[Any], offset: int, count: int) -> AbstractStreamWriter:
        """Nothing public of aiohttp says how far it came. The event loop leaves the file there, whatever happens."""
        try:
            return await super()._sendfile(request, fobj, offset, count)
        finally:
            self.sent = max(fobj.tell() - offset, 0)
