"""`/containers/{name}/stats`."""

from __future__ import annotations

import msgspec
from aiohttp import web

from onggi.api import streaming
from onggi.api.call import Call
from onggi.api.route import Route
from onggi.api.streaming import Outlet


class StatsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """one_shot: do not wait a second to have something to compare with."""

    stream: bool = True
    one_shot: bool = msgspec.field(default=False, name="one-shot")


async def stats(call: Call[StatsQuery, None]) -> web.StreamResponse:
    """What a container uses, once a second."""
    return await streaming.answer(call.request, lambda outlet: _stats(call, outlet))


def _stats(call: Call[StatsQuery, None], outlet: Outlet) -> None:
    query, containers, name = call.query, call.engine.containers, call.path["name"]
    if not query.stream:
        outlet.tell(call.fit(containers.statistics_now(name, not query.one_shot, outlet.pause)))
        return
    for document in containers.statistics(name, outlet.pause):
        outlet.send(streaming.line(call.fit(document)))


ROUTES = (Route(method="GET", path="/containers/{name}/stats", handler=stats, query=StatsQuery, kind="following"),)
