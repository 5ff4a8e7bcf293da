"""The bodies of requests, piece by piece: never more in memory than one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

from onggi.registry_server.context import CONTEXT
from onggi.registry_server.refusals import Refusal


class TooLarge(Refusal):
    """A body has more bytes than it may have."""

    def __init__(self, name: str, most: int) -> None:
        super().__init__("SIZE_INVALID", f"{name} has more than {most} bytes", status=413)


async def pieces(request: web.Request, most: int, name: str) -> AsyncIterator[bytes]:
    """Raises TooLarge for a body of more than `most` bytes, before any byte beyond is given out, and Refusal for one
    that stops half-way. `name` is what the body is called in that."""
    patience = request.app[CONTEXT].options.patience
    if request.content_length is not None and request.content_length > most:
        raise TooLarge(name, most)
    received = 0
    while True:
        try:
            async with asyncio.timeout(patience):
                piece = await request.content.readany()
        except TimeoutError:
            raise Refusal("BLOB_UPLOAD_INVALID", f"no byte of {name} came for {patience:g} s", status=408) from None
        except (ClientError, HttpProcessingError, ConnectionError) as error:
            raise Refusal("BLOB_UPLOAD_INVALID", f"{name} was cut short: {error}") from error
        if not piece:
            return
        received += len(piece)
        if received > most:
            raise TooLarge(name, most)
        yield piece


async def whole(request: web.Request, most: int, name: str) -> bytes:
    """All of a small body."""
    return b"".join([piece async for piece in pieces(request, most, name)])
