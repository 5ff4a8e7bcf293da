"""`/build` and what belongs to it."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from aiohttp import web
from msgspec.structs import replace

from onggi.api import pruning, streaming
from onggi.api.call import Call
from onggi.api.classic import Classic
from onggi.api.intake import file_of
from onggi.api.pruning import PruneQuery
from onggi.api.refusals import Refusal
from onggi.api.route import Route
from onggi.api.streaming import Outlet
from onggi.api.versions import has
from onggi.api.wire import auth
from onggi.api.wire import build as wire
from onggi.engine.pruning import Allowance, cache_filter
from onggi.engine.types import BuildRequest
from onggi.errors import OnggiError
from onggi.store.prune_filter import Tell


class CachePruneQuery(PruneQuery, frozen=True, kw_only=True):
    """`all` is passed over: nothing of the cache is spared without it."""

    keep_storage: int = msgspec.field(default=0, name="keep-storage")
    reserved_space: int = msgspec.field(default=0, name="reserved-space")
    max_used_space: int = msgspec.field(default=0, name="max-used-space")
    min_free_space: int = msgspec.field(default=0, name="min-free-space")


class CancelQuery(msgspec.Struct, frozen=True, kw_only=True):
    id: str = ""


async def build(call: Call[wire.BuildQuery, BuildRequest]) -> web.StreamResponse:
    """Build an image of a context: a tar that is the body, or what is at a URL."""
    query = call.query
    logins = auth.of_config_header(call.request.headers.get("X-Registry-Config", ""))
    if wire.is_buildkit(query):
        return await _by_buildkit(call, logins)
    asked = call.body if query.remote else replace(call.body, context=file_of(call.request))

    def work(outlet: Outlet) -> None:
        with call.context.builds.open(query.build_id, outlet.cancel):
            _build(call, asked, logins, outlet)

    return await streaming.tell(call.request, work)


async def _by_buildkit(call: Call[wire.BuildQuery, BuildRequest], logins: str) -> web.StreamResponse:
    body = file_of(call.request)

    def work(outlet: Outlet) -> None:
        hub = call.context.buildkit
        from onggi.api.buildkit import by_engine_api

        wanted = by_engine_api.BuildByQuery(query=call.query, request=call.body, body=body, logins=logins)
        with call.context.builds.open(call.query.build_id, outlet.cancel):
            by_engine_api.serve(hub, wanted, outlet.tell, outlet.cancel)

    return await streaming.tell(call.request, work)


def _build(call: Call[wire.BuildQuery, BuildRequest], asked: BuildRequest, logins: str, outlet: Outlet) -> None:
    says_image = has(call.version, "a build says which image it made")
    tell = outlet.tell if says_image else lambda line: None if "aux" in line else outlet.tell(line)
    with Classic(tell, is_quiet=call.query.quiet) as classic:
        try:
            result = call.engine.build(asked, classic, logins, outlet.cancel)
        except OnggiError as error:
            classic.fail()
            if not wire.is_of_step(error):
                raise wire.refusal(error, call.query) from error
            outlet.tell(streaming.failure(wire.refusal(error, call.query)))
        else:
            classic.end(result)


async def prune(call: Call[CachePruneQuery, None]) -> Any:
    """Remove the build cache, or what of it was not used lately."""
    query = call.query
    allowance = Allowance(query.reserved_space or query.keep_storage, query.max_used_space, query.min_free_space)
    only = cache_filter(query.filters, time.time())

    def work(tell: Tell) -> wire.CacheReport:
        return wire.of_pruned(call.engine.system.prune_build_cache(only, allowance, tell))

    return await pruning.answer(call.request, work, is_stream=query.stream)


def cancel(call: Call[CancelQuery, None]) -> None:
    """Give up a build that was begun with this `buildid`; one that there is not has ended already."""
    if not call.query.id:
        raise Refusal(400, "build ID not provided")
    call.context.builds.cancel(call.query.id)


ROUTES = (
    Route(
        method="POST",
        path="/build",
        handler=build,
        query=wire.BuildQuery,
        read=lambda body, query, version: wire.read(query),
        kind="long",
    ),
    Route(
        method="POST",
        path="/build/prune",
        handler=prune,
        query=CachePruneQuery,
        answer=wire.CacheReport,
        since=(1, 31),
        kind="long",
    ),
    Route(method="POST", path="/build/cancel", handler=cancel, query=CancelQuery, since=(1, 39)),
)
