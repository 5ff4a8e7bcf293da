"""`/images/…`, `/commit` and `/distribution/…`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, BinaryIO

import msgspec
from aiohttp import web

from onggi.api import pruning, streaming, transfers
from onggi.api.call import Call
from onggi.api.intake import file_of
from onggi.api.pruning import PruneQuery
from onggi.api.refusals import Refusal
from onggi.api.route import Nothing, Route
from onggi.api.streaming import Outlet
from onggi.api.versions import Version, has
from onggi.api.wire import auth
from onggi.api.wire import image as wire
from onggi.engine import image_filter
from onggi.engine.filters import Filters, require_known, truth
from onggi.engine.pruning import prune_filter
from onggi.engine.types import CommitRequest, PullRequest, PushRequest
from onggi.errors import Corrupt, OnggiError
from onggi.oci import platform, reference
from onggi.oci.config import RunConfig
from onggi.registry.logins.accounts import account_named

_TAR = "application/x-tar"


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`filter`: of old clients, what the filter `reference` is. manifests, identity: of stores that have images for
    several platforms as one; such fields are not told here, as of Docker's other store."""

    all: bool = False
    filters: Filters = {}
    filter: str = ""
    identity: bool = False
    manifests: bool = False
    shared_size: bool = msgspec.field(default=False, name="shared-size")


class CreateQuery(msgspec.Struct, frozen=True, kw_only=True):
    image: str = msgspec.field(default="", name="fromImage")
    source: str = msgspec.field(default="", name="fromSrc")
    repository: str = msgspec.field(default="", name="repo")
    tag: str = ""
    message: str = ""
    changes: tuple[str, ...] = ()
    platform: str = ""

    @property
    def pulled(self) -> str:
        """What is pulled; without a tag all of the repository."""
        return wire.named(self.image.removesuffix(":"), self.tag)

    @property
    def imported(self) -> str:
        """What is made of a tar; "" where it has no name."""
        return wire.named(self.repository, self.tag) if self.repository else ""


class TagQuery(msgspec.Struct, frozen=True, kw_only=True):
    repository: str = msgspec.field(default="", name="repo")
    tag: str = ""

    @property
    def reference(self) -> str:
        return wire.named(self.repository, self.tag)


class PushQuery(msgspec.Struct, frozen=True, kw_only=True):
    tag: str = ""
    platform: str = ""


class RemoveQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`noprune` is passed over: an image has no untagged parents."""

    force: bool = False
    platforms: tuple[str, ...] = ()


class PlatformQuery(msgspec.Struct, frozen=True, kw_only=True):
    platform: str = ""


class InspectQuery(PlatformQuery, frozen=True, kw_only=True):
    """manifests: as in a list."""

    manifests: bool = False


class AttestationsQuery(msgspec.Struct, frozen=True, kw_only=True):
    platform: tuple[str, ...] = ()
    statement: bool = False
    type: tuple[str, ...] = ()


class SaveOneQuery(msgspec.Struct, frozen=True, kw_only=True):
    platform: tuple[str, ...] = ()


class SaveQuery(SaveOneQuery, frozen=True, kw_only=True):
    names: tuple[str, ...] = ()


class LoadQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`quiet` is passed over: nothing is told but what was loaded."""

    platform: tuple[str, ...] = ()


class CommitQuery(msgspec.Struct, frozen=True, kw_only=True):
    container: str = ""
    repository: str = msgspec.field(default="", name="repo")
    tag: str = ""
    comment: str = ""
    author: str = ""
    pause: bool = True
    changes: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """Of the image that is made; "" where it has no name."""
        return wire.named(self.repository, self.tag) if self.repository else ""


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

    def work(tell: pruning.Tell) -> wire.Report:
        return wire.of_pruned(call.engine.images.prune(takes_all, only, tell))

    return await pruning.answer(call.request, work, is_stream=call.query.stream)


async def create(call: Call[CreateQuery, None]) -> web.StreamResponse:
    """Pull an image, or make one of a tar of a root file system: the body's, or one at a URL."""
    query = call.query
    if query.image:
        return await _pull(call)
    if not query.source:
        raise Refusal(400, "fromImage or fromSrc has to be given")
    name = query.imported
    if query.source == "-":
        return await _import(call, file_of(call.request), name)
    return await _import_url(call, query.source if "://" in query.source else f"http://{query.source}", name)


async def _pull(call: Call[CreateQuery, None]) -> web.StreamResponse:
    query = call.query
    name = query.pulled
    request = PullRequest(
        name=name,
        platform=platform.parse(query.platform) if query.platform else None,
        all_tags=not reference.has_tag(name),
    )
    wanted = reference.parse(name)
    logins = _logins(call, name)

    def work(outlet: Outlet) -> None:
        try:
            call.engine.pull(request, transfers.Pull(outlet.tell), logins, outlet.cancel)
        except OnggiError as error:
            raise transfers.pull_refusal(wanted, error) from error

    return await streaming.tell(call.request, work)


async def _import(call: Call[CreateQuery, None], body: BinaryIO, name: str) -> web.StreamResponse:
    query = call.query

    def work(outlet: Outlet) -> None:
        said = query.message or "Imported from -"
        try:
            made = call.engine.images.import_tar(body, name, query.changes, said, query.platform)
        except Corrupt as error:  # it is what the client has sent
            raise Refusal(400, error.message) from error
        outlet.tell({"status": made})

    return await streaming.tell(call.request, work)


async def _import_url(call: Call[CreateQuery, None], url: str, name: str) -> web.StreamResponse:
    query = call.query

    def work(outlet: Outlet) -> None:
        said = query.message or f"Imported from {url}"
        outlet.tell({"status": f"Downloading from {url}"})
        outlet.tell({"status": call.engine.import_url(url, name, query.changes, said, query.platform, outlet.cancel)})

    return await streaming.tell(call.request, work)


async def push(call: Call[PushQuery, None]) -> web.StreamResponse:
    """Send an image to its registry; without a tag all of the repository's."""
    query = call.query
    name = wire.named(call.path["name"], query.tag)
    request = PushRequest(name=name, platform=wire.platform_of(query.platform), all_tags=not reference.has_tag(name))
    wanted = reference.parse(name)
    logins = _logins(call, name)

    def work(outlet: Outlet) -> None:
        outlet.tell({"status": f"The push refers to repository [{wanted.name()}]"})
        if not request.all_tags and not call.engine.images.has(name):
            raise Refusal(404, f"An image does not exist locally with the tag: {wanted.familiar_name()}")
        call.engine.push(request, transfers.Push(outlet.tell), logins, outlet.cancel)

    return await streaming.tell(call.request, work)


async def save(call: Call[SaveQuery, None]) -> web.StreamResponse:
    """Several images as one tar."""
    return await _save(call, call.query.names)


async def save_one(call: Call[SaveOneQuery, None]) -> web.StreamResponse:
    """One image as a tar."""
    return await _save(call, (call.path["name"],))


async def load(call: Call[LoadQuery, None]) -> web.StreamResponse:
    """Take in images from a tar that `save` wrote."""
    body = file_of(call.request)
    _require_one(call.query.platform, call.version)
    if len(call.query.platform) > 1:
        raise Refusal(501, "load: several platforms are not supported: load the archive once for each")
    wanted = wire.platform_of(*call.query.platform)

    def work(outlet: Outlet) -> None:
        try:
            for loaded in call.engine.images.load(body, wanted):
                for name in loaded.references:
                    outlet.tell({"stream": f"Loaded image: {name}\n"})
                if not loaded.references:
                    outlet.tell({"stream": f"Loaded image ID: {loaded.id}\n"})
        except OnggiError as error:  # never with a status, in Docker
            outlet.tell(streaming.failure(error))

    return await streaming.tell(call.request, work)


def commit(call: Call[CommitQuery, RunConfig]) -> dict[str, str]:
    """Make an image of a container's files; the body says what it is configured with besides."""
    query = call.query
    request = CommitRequest(
        reference=query.reference,
        author=query.author,
        message=query.comment,
        changes=query.changes,
        config=call.body,
        pauses=query.pause,
    )
    return {"Id": call.engine.containers.commit(query.container, request)}


def attestations(call: Call[AttestationsQuery, None]) -> None:
    """They are in indexes, of which the store has the images alone."""
    call.engine.images.inspect(call.path["name"])
    raise Refusal(501, "attestations are not supported: of an image the store has what a container is made of")


def search(call: Call[Nothing, None]) -> None:
    """Registries have no protocol for that."""
    raise Refusal(501, "search is not supported: the protocol of registries has none; registries' web pages do")


def distribution(call: Call[Nothing, None]) -> wire.Distribution:
    """What the registry has by this name: its digest, and the platforms that it is for."""
    name = call.path["name"]
    return wire.of_distributed(call.engine.distribution(name, _logins(call, name)))


async def _save(call: Call[Any, None], names: tuple[str, ...]) -> web.StreamResponse:
    _require_one(call.query.platform, call.version)
    if any(call.query.platform):
        raise Refusal(501, "save: platform is not supported: an image for several platforms is saved as a whole")

    def produce(outlet: Outlet) -> None:
        with outlet.file() as file:
            call.engine.images.save(names, file)

    return await streaming.answer(call.request, produce, _TAR)


def _require_one(platforms: Sequence[str], version: Version) -> None:
    """Raises Refusal for several of a version that has one."""
    if len(platforms) > 1 and not has(version, "several platforms are saved and loaded"):
        raise Refusal(
            400, "multiple platform parameters are not supported in this API version; use API version 1.52 or later"
        )


def _logins(call: Call[Any, Any], name: str) -> str:
    text = call.request.headers.get("X-Registry-Auth", "")
    return auth.of_header(text, account_named(reference.parse(name).domain))


_NAME = "/images/{name:.+}"

ROUTES = (
    Route(method="GET", path="/images/json", handler=list_all, query=ListQuery, answer=list[wire.Summary]),
    Route(method="POST", path="/images/create", handler=create, query=CreateQuery),
    Route(
        method="POST",
        path="/images/prune",
        handler=prune,
        query=PruneQuery,
        answer=wire.Report,
        since=(1, 25),
    ),
    Route(method="GET", path="/images/get", handler=save, query=SaveQuery),
    Route(method="POST", path="/images/load", handler=load, query=LoadQuery),
    Route(method="GET", path="/images/search", handler=search),
    Route(method="GET", path=f"{_NAME}/json", handler=inspect, query=InspectQuery, answer=dict[str, Any]),
    Route(method="GET", path=f"{_NAME}/attestations", handler=attestations, query=AttestationsQuery, since=(1, 55)),
    Route(method="GET", path=f"{_NAME}/history", handler=history, query=PlatformQuery, answer=list[wire.History]),
    Route(method="GET", path=f"{_NAME}/get", handler=save_one, query=SaveOneQuery),
    Route(method="POST", path=f"{_NAME}/tag", handler=tag, query=TagQuery),
    Route(method="POST", path=f"{_NAME}/push", handler=push, query=PushQuery),
    Route(method="DELETE", path=_NAME, handler=remove, query=RemoveQuery, answer=list[wire.Deleted], waits=True),
    Route(
        method="POST",
        path="/commit",
        handler=commit,
        query=CommitQuery,
        body=RunConfig,
        answer=dict[str, str],
        status=201,
        waits=True,
    ),
    Route(
        method="GET",
        path="/distribution/{name:.+}/json",
        handler=distribution,
        answer=wire.Distribution,
        since=(1, 30),
        waits=True,
    ),
)
