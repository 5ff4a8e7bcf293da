"""`/volumes/…`."""

from __future__ import annotations

from typing import Any

import msgspec

from onggi.api import pruning
from onggi.api.call import Call
from onggi.api.pruning import PruneQuery
from onggi.api.refusals import NO_MANAGER, Refusal
from onggi.api.route import Nothing, Route
from onggi.api.versions import has
from onggi.api.wire import volume as wire
from onggi.container.volume import DRIVER
from onggi.engine.filters import Filters
from onggi.engine.pruning import volume_filter
from onggi.errors import NotFound
from onggi.store.prune_filter import Tell


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    filters: Filters = {}


class RemoveQuery(msgspec.Struct, frozen=True, kw_only=True):
    force: bool = False


def list_all(call: Call[ListQuery, None]) -> wire.Listing:
    """The volumes, by name."""
    found = call.engine.volumes.list(call.query.filters)
    return wire.Listing(tuple(map(wire.of_summary, found)))


def create(call: Call[Nothing, wire.Create]) -> dict[str, Any]:
    """Make a volume; one that is there already stays as it is."""
    asked = call.body
    if asked.cluster_volume_spec is not None:
        raise Refusal(503, NO_MANAGER)
    name = call.engine.volumes.create(
        asked.name, asked.labels or {}, asked.driver_opts or {}, driver=asked.driver or DRIVER
    )
    return call.engine.volumes.inspect(name)


def inspect(call: Call[Nothing, None]) -> dict[str, Any]:
    """One volume."""
    return call.engine.volumes.inspect(call.path["name"])


def remove(call: Call[RemoveQuery, None]) -> None:
    """Remove a volume, and what is in it. With `force` one that is not there is no error."""
    try:
        call.engine.volumes.remove(call.path["name"])
    except NotFound:
        if not call.query.force:
            raise


async def prune(call: Call[PruneQuery, None]) -> Any:
    """Remove those that no container has and nobody has named; with the filter `all` the others too."""
    only, takes_named = volume_filter(call.query.filters)
    takes_all = takes_named or not has(call.version, "pruned volumes are those without names")

    def work(tell: Tell) -> wire.Report:
        return wire.of_pruned(call.engine.volumes.prune(takes_all, only, tell))

    return await pruning.answer(call.request, work, is_stream=call.query.stream)


ROUTES = (
    Route(method="GET", path="/volumes", handler=list_all, query=ListQuery, answer=wire.Listing),
    Route(
        method="POST",
        path="/volumes/create",
        handler=create,
        body=wire.Create,
        answer=wire.Volume,
        status=201,
        kind="waits",
    ),
    Route(
        method="POST",
        path="/volumes/prune",
        handler=prune,
        query=PruneQuery,
        answer=wire.Report,
        since=(1, 25),
        kind="long",
    ),
    Route(method="GET", path="/volumes/{name}", handler=inspect, answer=wire.Volume),
    Route(method="DELETE", path="/volumes/{name}", handler=remove, query=RemoveQuery, kind="waits"),
)
