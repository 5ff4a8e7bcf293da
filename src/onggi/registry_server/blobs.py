"""Blobs: looked at, sent by the kernel from the file, deleted."""

from __future__ import annotations

import socket
from asyncio import to_thread

from aiohttp import web

from onggi.oci.digest import Digest
from onggi.registry_server import asked
from onggi.registry_server.context import CONTEXT
from onggi.registry_server.refusals import Refusal
from onggi.registry_server.sent_file import SentFile

_FOREVER = "public, max-age=31536000, immutable"


async def get(request: web.Request) -> web.StreamResponse:
    """The whole blob or a range of it; of HEAD only what could be had."""
    served, repository, digest = request.app[CONTEXT].served, asked.repository(request), asked.digest(request)
    if await to_thread(served.blob_size, repository, digest) is None:
        raise _unknown(repository, digest)
    _limit_patience(request)
    return SentFile(
        served.path(digest),
        headers={
            "Content-Type": "application/octet-stream",
            "Docker-Content-Digest": digest,
            "Cache-Control": _FOREVER,
        },
    )


async def delete(request: web.Request) -> web.Response:
    served, repository, digest = request.app[CONTEXT].served, asked.repository(request), asked.digest(request)
    if not await to_thread(served.remove_blob, repository, digest):
        raise _unknown(repository, digest)
    return web.Response(status=202)


def _limit_patience(request: web.Request) -> None:
    """Let the kernel give up a client that reads no more: nothing else ends a transfer that it makes by itself."""
    connection = request.get_extra_info("socket")
    if connection is not None:
        patience = int(request.app[CONTEXT].options.patience * 1000)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, patience)


def _unknown(repository: str, digest: Digest) -> Refusal:
    return Refusal("BLOB_UNKNOWN", f"the repository {repository} has no blob {digest}", detail={"digest": digest})
