"""`/images/…`: look at them, name and remove them."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from aiohttp import web

from onggi.api import pruning
from onggi.api.call import Call
from onggi.api.pruning import PruneQuery
from onggi.api.refusals import Refusal
from onggi.api.route import Route
from onggi.api.wire import image as wire
from onggi.engine import image_filter
from onggi.engine.filters import Filters, require_known, truth
from onggi.engine.pruning import prune_filter
from onggi.store.prune_filter import Tell


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`filter`: of old clients, what the filter `reference` is. manifests, identity: of stores that have images for
    several platforms as one; such fields are not told here, as of Docker's other store."""

    all: bool = False
    filters: Filters = {}
    filter: str = ""
    identity: bool = False
    manifests: bool = False
    shared_size: bool = msgspec.field(default=False, name="shared-size")


class PlatformQuery(msgspec.Struct, frozen=True, kw_only=True):
    platform: str = ""


class InspectQuery(PlatformQuery, frozen=True, kw_only=True):
    """manifests: as in a list."""

    manifests: bool = False


class TagQuery(msgspec.Struct, frozen=True, kw_only=True):
    repository: str = msgspec.field(default="", name="repo")
    tag: str = ""

    @property
    def reference(self) -> str:
        return wire.named(self.repository, self.tag)


class RemoveQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`noprune` is passed over: an image has no untagged parents."""

    force: bool = False
    platforms: tuple[str, ...] = ()


def list_all(call: Call[ListQuery, None]) -> list[wire.Summary]:
    """The images, the newest first."""
    query = call.query
    if query.identity and not query.manifests:
        raise Refusal(400, "conflicting options: identity requires manifests=1")
    filters = dict(query.filters)
    if query.filter:
        filters.setdefault("reference", (query.filter,))
    require_known(filters, image_filter.KEYS)
    found = [image for image in call.engine.images.list() if query.all or image.references or image.is_dangling]
    chosen = image_filter.select(found, filters, time.time())
    if patterns := filters.get("reference"):
        chosen = [image_filter.narrowed(image, patterns) for image in chosen]
    return [wire.of_summary(image, call.version, has_shared_size=query.shared_size) for image in chosen]


def inspect(call: Call[InspectQuery, None]) -> dict[str, Any]:
    """One image."""
    if call.query.manifests and call.query.platform:
        raise Refusal(400, "conflicting options: manifests and platform options cannot both be set")
    found = call.engine.images.inspect(call.path["name"], wire.platform_of(call.query.platform))
    return wire.of_inspected(found, call.version)


def history(call: Call[PlatformQuery, None]) -> list[wire.History]:
    """Which instruction made which layer, the newest first."""
    images, name, wanted = call.engine.images, call.path["name"], wire.platform_of(call.query.platform)
    tags = tuple(images.inspect(name, wanted)["RepoTags"])
    return [wire.of_line(line, tags) for line in images.history(name, wanted)]


def tag(call: Call[TagQuery, None]) -> web.Response:
    """Give an image one more name."""
    call.engine.images.tag(call.path["name"], call.query.reference)
    return web.Response(status=201)


def remove(call: Call[RemoveQuery, None]) -> list[wire.Deleted]:
    """Take a name away, and the image with its last one."""
    if call.query.platforms:
        raise Refusal(501, "platforms is not supported: an image for several platforms goes as a whole")
    return [wire.of_removed(each) for each in call.engine.images.remove(call.path["name"], call.query.force)]


async def prune(call: Call[PruneQuery, None]) -> Any:
    """Remove dangling images; with the filter dangling=false every one that no container uses."""
    filters = dict(call.query.filters)
    takes_all = truth(filters, "dangling") is False
    filters.pop("dangling", None)
    only = prune_filter(filters, time.time())

    def work(tell: Tell) -> wire.Report:
        return wire.of_pruned(call.engine.images.prune(takes_all, only, tell))

    return await pruning.answer(call.request, work, is_stream=call.query.stream)


_NAME = "/images/{name:.+}"

ROUTES = (
    Route(method="GET", path="/images/json", handler=list_all, query=ListQuery, answer=list[wire.Summary]),
    Route(
        method="POST",
        path="/images/prune",
        handler=prune,
        query=PruneQuery,
        answer=wire.Report,
        since=(1, 25),
        kind="long",
    ),
    Route(method="GET", path=f"{_NAME}/json", handler=inspect, query=InspectQuery, answer=dict[str, Any]),
    Route(method="GET", path=f"{_NAME}/history", handler=history, query=PlatformQuery, answer=list[wire.History]),
    Route(method="POST", path=f"{_NAME}/tag", handler=tag, query=TagQuery),
    Route(method="DELETE", path=_NAME, handler=remove, query=RemoveQuery, answer=list[wire.Deleted], kind="waits"),
)
