"""`/containers/…`: make them, look at them, change and remove them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from aiohttp import web

from onggi.api import pruning, refusals
from onggi.api.call import Call
from onggi.api.pruning import PruneQuery
from onggi.api.refusals import Refusal
from onggi.api.route import Nothing, Route
from onggi.api.versions import Version
from onggi.api.wire import container as wire
from onggi.api.wire import resources
from onggi.api.wire.summary import Summary
from onggi.engine.container.create import ImageMissing
from onggi.engine.filters import Filters
from onggi.engine.pruning import prune_filter
from onggi.errors import Conflict, Invalid, NotFound
from onggi.oci import platform
from onggi.store.prune_filter import Tell

_KINDS = {"C": 0, "A": 1, "D": 2}
"""What has become of a path, as Docker numbers it."""


class CreateQuery(msgspec.Struct, frozen=True, kw_only=True):
    name: str = ""
    platform: str = ""


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`before` and `since` are filters that have become a parameter of their own in old clients."""

    all: bool = False
    before: str = ""
    filters: Filters = {}
    limit: int = 0
    since: str = ""
    size: bool = False


class InspectQuery(msgspec.Struct, frozen=True, kw_only=True):
    size: bool = False


class RemoveQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`v`: with the volumes that have no name."""

    force: bool = False
    link: bool = False
    v: bool = False


class RenameQuery(msgspec.Struct, frozen=True, kw_only=True):
    name: str = ""


class TopQuery(msgspec.Struct, frozen=True, kw_only=True):
    ps_args: str = ""


class Warnings(msgspec.Struct, frozen=True, rename="pascal"):
    warnings: tuple[str, ...]


class Processes(msgspec.Struct, frozen=True, rename="pascal"):
    titles: tuple[str, ...]
    processes: tuple[tuple[str, ...], ...]


class Change(msgspec.Struct, frozen=True, rename="pascal"):
    """`kind`: 0 changed, 1 added, 2 deleted."""

    path: str
    kind: int


def create(call: Call[CreateQuery, wire.Wanted]) -> wire.Created:
    """Make a container, which does not run yet."""
    spec, warnings = call.body.spec, [*call.body.warnings]
    wanted = platform.parse(call.query.platform) if call.query.platform else None
    with _only_images_are_missing():
        made = call.engine.containers.create(spec, call.query.name.removeprefix("/"), wanted, warnings.append)
    return wire.Created(made, tuple(warnings))


def _read(body: wire.Create, query: CreateQuery, version: Version) -> wire.Wanted:
    with _only_images_are_missing():
        return wire.read(body, version)


@contextmanager
def _only_images_are_missing() -> Iterator[None]:
    """Of a 404 clients say that the image is missing, and pull it: what else is not there makes a request invalid."""
    try:
        yield
    except ImageMissing:
        raise
    except NotFound as error:
        raise Invalid(error.message, hint=error.hint) from error


def list_all(call: Call[ListQuery, None]) -> web.Response:
    """The containers, newest first: those that run, unless more is asked for."""
    query, engine = call.query, call.engine
    sees = call.context.sight.listed()
    found = engine.containers.list(query.all, query.size, query.limit, _filters(query), endpoints=True, sees=sees)
    encoded = call.context.summaries.encode(found, engine.volumes.mountpoint, call.version, call.fit)
    return web.Response(body=encoded, content_type="application/json")


def _filters(query: ListQuery) -> Filters:
    """Isolation is of Windows, and passed over as Docker does on Linux."""
    old = {"before": query.before, "since": query.since}
    said = {key: values for key, values in query.filters.items() if key != "isolation"}
    return {**{key: (value,) for key, value in old.items() if value}, **said}


def inspect(call: Call[InspectQuery, None]) -> dict[str, Any]:
    """All that is known of a container."""
    return wire.of_inspected(call.engine.containers.inspect(call.path["name"], call.query.size), call.version)


def remove(call: Call[RemoveQuery, None]) -> None:
    """Remove a container, and with `force` one that runs."""
    if call.query.link:
        raise Refusal(501, "a link cannot be taken away: it goes with its container")
    name = call.path["name"]
    try:
        call.engine.containers.remove(name, call.query.force, call.query.v)
    except Conflict as error:
        raise refusals.of_error(error, doing=f'cannot remove container "{name}"') from error


def rename(call: Call[RenameQuery, None]) -> None:
    """Give a container another name."""
    call.engine.containers.rename(call.path["name"], call.query.name)


def update(call: Call[Nothing, resources.Changes]) -> Warnings:
    """Change limits and restart policy; what is not said stays."""
    asked, warnings = call.body, [*call.body.warnings]
    call.engine.containers.update(call.path["name"], asked.limits, asked.restart, warnings.append, asked.replaced)
    return Warnings(tuple(warnings))


def top(call: Call[TopQuery, None]) -> Processes:
    """The processes of a container, as the host's ps shows them."""
    found = call.engine.containers.top(call.path["name"], call.query.ps_args.split())
    return Processes(found.titles, found.rows)


def changes(call: Call[Nothing, None]) -> tuple[Change, ...]:
    """What a container did to the files of its image."""
    return tuple(Change(each.path, _KINDS[each.kind]) for each in call.engine.containers.changes(call.path["name"]))


async def prune(call: Call[PruneQuery, None]) -> Any:
    """Remove the containers that do not run."""
    only = prune_filter(call.query.filters, time.time())

    def work(tell: Tell) -> wire.Report:
        return wire.of_pruned(call.engine.containers.prune(only, tell))

    return await pruning.answer(call.request, work, is_stream=call.query.stream)


ROUTES = (
    Route(
        method="GET",
        path="/containers/json",
        handler=list_all,
        query=ListQuery,
        answer=tuple[Summary, ...],
        waits_with="size",
    ),
    Route(
        method="POST",
        path="/containers/create",
        handler=create,
        query=CreateQuery,
        body=wire.Create,
        read=_read,
        answer=wire.Created,
        status=201,
        kind="waits",
    ),
    Route(
        method="POST",
        path="/containers/prune",
        handler=prune,
        query=PruneQuery,
        answer=wire.Report,
        since=(1, 25),
        kind="long",
    ),
    Route(
        method="GET",
        path="/containers/{name}/json",
        handler=inspect,
        query=InspectQuery,
        answer=dict[str, Any],
        waits_with="size",
    ),
    Route(method="GET", path="/containers/{name}/top", handler=top, query=TopQuery, answer=Processes, kind="waits"),
    Route(method="GET", path="/containers/{name}/changes", handler=changes, answer=tuple[Change, ...], kind="waits"),
    Route(method="POST", path="/containers/{name}/rename", handler=rename, query=RenameQuery, status=204),
    Route(
        method="POST",
        path="/containers/{name}/update",
        handler=update,
        body=resources.Update,
        read=lambda body, query, version: resources.read(body),
        answer=Warnings,
        kind="waits",
    ),
    Route(method="DELETE", path="/containers/{name}", handler=remove, query=RemoveQuery, status=204, kind="waits"),
)
