"""`/networks/…`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from aiohttp import web

from onggi.api import pruning
from onggi.api.call import Call
from onggi.api.pruning import PruneQuery
from onggi.api.refusals import Refusal, of_error
from onggi.api.route import Nothing, Route
from onggi.api.versions import has
from onggi.api.wire import network as wire
from onggi.container.network.network import NetworkSpec
from onggi.engine.filters import Filters
from onggi.engine.network.description import describe
from onggi.engine.pruning import prune_filter
from onggi.errors import Conflict
from onggi.store.prune_filter import Tell


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    filters: Filters = {}


class InspectQuery(msgspec.Struct, frozen=True, kw_only=True):
    """verbose is of swarms, and changes nothing outside of one."""

    verbose: bool = False
    scope: str = ""


def list_all(call: Call[ListQuery, None]) -> list[dict[str, Any]]:
    """The networks, by name."""
    networks = call.engine.networks
    found = networks.list(call.query.filters)
    if has(call.version, "a list of networks is without their containers"):
        return [describe(each, ()) for each in found]
    return [networks.inspect(each.id) for each in found]


def create(call: Call[Nothing, NetworkSpec]) -> wire.Created:
    """Make a network."""
    return wire.Created(call.engine.networks.create(call.body).id)


def inspect(call: Call[InspectQuery, None]) -> dict[str, Any]:
    """One network, with the containers in it that run."""
    document = call.engine.networks.inspect(call.path["id"])
    if call.query.scope not in ("", document["Scope"]):
        raise Refusal(404, f"network {call.path['id']} not found")
    return document


def remove(call: Call[Nothing, None]) -> None:
    """Remove a network that no container is in."""
    with _forbidden():
        call.engine.networks.remove(call.path["id"])


def connect(call: Call[Nothing, wire.Connect]) -> web.Response:
    """Let a container into a network."""
    asked = wire.endpoint(call.path["id"], call.body.endpoint_config)
    with _forbidden():
        call.engine.networks.connect(call.body.container, asked, wire.links(call.body.endpoint_config))
    return web.Response()


def disconnect(call: Call[Nothing, wire.Disconnect]) -> web.Response:
    """Take a container out of a network."""
    call.engine.networks.disconnect(call.body.container, call.path["id"], call.body.force)
    return web.Response()


async def prune(call: Call[PruneQuery, None]) -> Any:
    """Remove those that no container is in."""
    only = prune_filter(call.query.filters, time.time())

    def work(tell: Tell) -> wire.Report:
        return wire.of_pruned(call.engine.networks.prune(only, tell))

    return await pruning.answer(call.request, work, is_stream=call.query.stream)


@contextmanager
def _forbidden() -> Iterator[None]:
    """What networks and their endpoints are in the way of is to Docker no conflict but forbidden (moby,
    daemon/libnetwork/error.go)."""
    try:
        yield
    except Conflict as error:
        raise Refusal(403, of_error(error).message) from error


ROUTES = (
    Route(method="GET", path="/networks", handler=list_all, query=ListQuery, answer=list[dict[str, Any]]),
    Route(
        method="POST",
        path="/networks/create",
        handler=create,
        body=wire.Create,
        read=lambda body, query, version: wire.spec(body),
        answer=wire.Created,
        status=201,
        kind="waits",
    ),
    Route(
        method="POST",
        path="/networks/prune",
        handler=prune,
        query=PruneQuery,
        answer=wire.Report,
        since=(1, 25),
        kind="long",
    ),
    Route(method="GET", path="/networks/{id}", handler=inspect, query=InspectQuery, answer=dict[str, Any]),
    Route(method="DELETE", path="/networks/{id}", handler=remove, kind="waits"),
    Route(method="POST", path="/networks/{id}/connect", handler=connect, body=wire.Connect, kind="waits"),
    Route(method="POST", path="/networks/{id}/disconnect", handler=disconnect, body=wire.Disconnect, kind="waits"),
)
