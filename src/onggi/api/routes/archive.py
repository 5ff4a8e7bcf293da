"""`/containers/{name}/archive` and `/containers/{name}/export`: files of a container, as tars."""

from __future__ import annotations

from typing import BinaryIO

import msgspec
from aiohttp import web

from onggi.api import streaming
from onggi.api.call import Call
from onggi.api.intake import file_of
from onggi.api.refusals import Refusal
from onggi.api.requests import given_up
from onggi.api.route import Nothing, Route
from onggi.api.streaming import Outlet
from onggi.api.threads import in_thread
from onggi.api.wire import archive as wire
from onggi.errors import Corrupt

_STAT = "X-Docker-Container-Path-Stat"
_TAR = "application/x-tar"
_BYTES = "application/octet-stream"


class PathQuery(msgspec.Struct, frozen=True, kw_only=True):
    path: str = ""


class PutQuery(PathQuery, frozen=True, kw_only=True):
    """no_overwrite: a folder does not give way to a file, nor a file to a folder. copies_owners: what comes belongs to
    whom the tar says; else to root."""

    no_overwrite: bool = msgspec.field(default=False, name="noOverwriteDirNonDir")
    copies_owners: bool = msgspec.field(default=False, name="copyUIDGID")


def head(call: Call[PathQuery, None]) -> web.Response:
    """What is at a path."""
    found = call.engine.containers.path_stat(call.path["name"], _path(call.query))
    return web.Response(headers={_STAT: wire.header(found)})


async def get(call: Call[PathQuery, None]) -> web.StreamResponse:
    """What is at a path, and all beneath."""
    path = _path(call.query)

    def produce(outlet: Outlet) -> None:
        with call.engine.containers.archive_get(call.path["name"], path) as (found, pieces):
            outlet.begin({_STAT: wire.header(found)})
            with outlet.file() as file:
                for piece in pieces:
                    file.write(piece)

    return await streaming.answer(call.request, produce, _TAR)


async def put(call: Call[PutQuery, None]) -> web.Response:
    """Unpack a tar, perhaps compressed, into a folder."""
    path, body = _path(call.query), file_of(call.request)
    await in_thread(lambda: _put(call, path, body), lambda: call.request.content.set_exception(given_up()))
    return web.Response()


def _put(call: Call[PutQuery, None], path: str, body: BinaryIO) -> None:
    """A tar that is none is the request's mistake."""
    query = call.query
    owner = None if query.copies_owners else _ROOT
    try:
        call.engine.containers.archive_put(call.path["name"], path, body, owner, not query.no_overwrite)
    except Corrupt as error:
        raise Refusal(400, error.message) from error


async def export(call: Call[Nothing, None]) -> web.StreamResponse:
    """All files of a container, without what is mounted in it."""

    def produce(outlet: Outlet) -> None:
        found = call.engine.containers.find(call.path["name"])
        with outlet.file() as file:
            call.engine.containers.export(found.id, file)

    return await streaming.answer(call.request, produce, _BYTES)


def _path(query: PathQuery) -> str:
    """Raises Refusal."""
    if not query.path:
        raise Refusal(400, "bad parameter: path cannot be empty")
    if "\0" in query.path:
        raise Refusal(400, "bad parameter: path cannot have a NUL in it")
    return query.path


_ROOT = (0, 0)

ROUTES = (
    Route(method="HEAD", path="/containers/{name}/archive", handler=head, query=PathQuery, kind="waits"),
    Route(method="GET", path="/containers/{name}/archive", handler=get, query=PathQuery, kind="long"),
    Route(method="PUT", path="/containers/{name}/archive", handler=put, query=PutQuery, kind="long"),
    Route(method="GET", path="/containers/{name}/export", handler=export, kind="long"),
)
