"""`/images/…`, `/commit` and `/distribution/…`."""

from __future__ import annotations

import time
from typing import Any, BinaryIO

import msgspec
from aiohttp import web

from onggi.api import streaming
from onggi.api.call import Call
from onggi.api.intake import file_of
from onggi.api.refusals import Refusal
from onggi.api.route import Nothing, Route
from onggi.api.streaming import Outlet
from onggi.api.transfers import Pull, Push
from onggi.api.wire import auth
from onggi.api.wire import image as wire
from onggi.engine.filters import Filters
from onggi.engine.image_filter import select
from onggi.engine.pruning import prune_filter
from onggi.engine.types import CommitRequest, PullRequest, PushRequest
from onggi.errors import OnggiError
from onggi.oci import platform, reference
from onggi.registry.logins.accounts import account_named

_TAR = "application/x-tar"


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    all: bool = False
    filters: Filters = {}
    shared_size: bool = msgspec.field(default=False, name="shared-size")
    digests: bool = False
    manifests: bool = False


class CreateQuery(msgspec.Struct, frozen=True, kw_only=True):
    image: str = msgspec.field(default="", name="fromImage")
    source: str = msgspec.field(default="", name="fromSrc")
    repository: str = msgspec.field(default="", name="repo")
    tag: str = ""
    message: str = ""
    changes: tuple[str, ...] = ()
    platform: str = ""


class TagQuery(msgspec.Struct, frozen=True, kw_only=True):
    repository: str = msgspec.field(default="", name="repo")
    tag: str = ""


class PushQuery(msgspec.Struct, frozen=True, kw_only=True):
    tag: str = ""
    platform: str = ""


class RemoveQuery(msgspec.Struct, frozen=True, kw_only=True):
    force: bool = False
    no_prune: bool = msgspec.field(default=False, name="noprune")


class PruneQuery(msgspec.Struct, frozen=True, kw_only=True):
    filters: Filters = {}


class NamesQuery(msgspec.Struct, frozen=True, kw_only=True):
    names: tuple[str, ...] = ()


class LoadQuery(msgspec.Struct, frozen=True, kw_only=True):
    quiet: bool = False


class CommitQuery(msgspec.Struct, frozen=True, kw_only=True):
    container: str = ""
    repository: str = msgspec.field(default="", name="repo")
    tag: str = ""
    comment: str = ""
    author: str = ""
    pause: bool = True
    changes: tuple[str, ...] = ()


def list_all(call: Call[ListQuery, None]) -> list[wire.Summary]:
    """The images, the newest first."""
    query = call.query
    found = [image for image in call.engine.images.list() if query.all or image.references or image.is_dangling]
    chosen = select(found, query.filters, time.time())
    return [wire.of_summary(image, call.version, has_shared_size=query.shared_size) for image in chosen]


def inspect(call: Call[Nothing, None]) -> dict[str, Any]:
    """One image."""
    return call.engine.images.inspect(call.path["name"])


def history(call: Call[Nothing, None]) -> list[wire.History]:
    """Which instruction made which layer, the newest first."""
    images, name = call.engine.images, call.path["name"]
    tags = tuple(images.inspect(name)["RepoTags"])
    return [wire.of_line(line, tags) for line in images.history(name)]


def tag(call: Call[TagQuery, None]) -> web.Response:
    """Give an image one more name."""
    call.engine.images.tag(call.path["name"], _named(call.query.repository, call.query.tag))
    return web.Response(status=201)


def remove(call: Call[RemoveQuery, None]) -> list[wire.Deleted]:
    """Take a name away, and the image with its last one."""
    return [wire.of_removed(each) for each in call.engine.images.remove(call.path["name"], call.query.force)]


def prune(call: Call[PruneQuery, None]) -> wire.Report:
    """Remove dangling images; with the filter dangling=false every one that no container uses."""
    filters = dict(call.query.filters)
    dangling = filters.pop("dangling", ("true",))
    everything = any(value.lower() in ("0", "false") for value in dangling)
    return wire.of_pruned(call.engine.images.prune(everything, prune_filter(filters, time.time())))


async def create(call: Call[CreateQuery, None]) -> web.StreamResponse:
    """Pull an image, or make one of a tar of a root file system: the body's, or one at a URL."""
    query = call.query
    if query.image:
        return await _pull(call)
    if not query.source:
        raise Refusal(400, "fromImage or fromSrc has to be given")
    if query.source != "-":
        raise Refusal(501, "import from a URL is not supported: fetch it, and send it as the body with fromSrc=-")
    body = file_of(call.request)
    return await streaming.stream(call.request, streaming.JSON, lambda outlet: _import(call, body, outlet))


async def _pull(call: Call[CreateQuery, None]) -> web.StreamResponse:
    query = call.query
    name = _named(query.image, query.tag)
    request = PullRequest(name=name, platform=platform.parse(query.platform) if query.platform else None)
    logins = _logins(call, name)
    return await streaming.stream(
        call.request,
        streaming.JSON,
        lambda outlet: _telling(outlet, lambda: call.engine.pull(request, Pull(outlet.tell), logins)),
    )


async def push(call: Call[PushQuery, None]) -> web.StreamResponse:
    """Send an image to its registry; without a tag all of the repository's."""
    query = call.query
    name = _named(call.path["name"], query.tag)
    request = PushRequest(
        name=name,
        platform=platform.parse(query.platform) if query.platform else None,
        all_tags=not query.tag and not reference.has_tag(call.path["name"]),
    )
    logins = _logins(call, name)
    return await streaming.stream(
        call.request,
        streaming.JSON,
        lambda outlet: _telling(outlet, lambda: call.engine.push(request, Push(outlet.tell), logins)),
    )


async def save(call: Call[NamesQuery, None]) -> web.StreamResponse:
    """Several images as one tar."""
    return await _save(call, call.query.names)


async def save_one(call: Call[Nothing, None]) -> web.StreamResponse:
    """One image as a tar."""
    return await _save(call, (call.path["name"],))


async def load(call: Call[LoadQuery, None]) -> web.StreamResponse:
    """Take in images from a tar that `save` wrote."""
    body = file_of(call.request)
    return await streaming.stream(call.request, streaming.JSON, lambda outlet: _load(call, body, outlet))


def commit(call: Call[CommitQuery, None]) -> dict[str, str]:
    """Make an image of a container's files."""
    query = call.query
    request = CommitRequest(
        reference=_named(query.repository, query.tag) if query.repository else "",
        author=query.author,
        message=query.comment,
        changes=query.changes,
        pauses=query.pause,
    )
    return {"Id": call.engine.containers.commit(query.container, request)}


def search(call: Call[Nothing, None]) -> None:
    """Registries have no protocol for that."""
    raise Refusal(501, "search is not supported: the protocol of registries has none; registries' web pages do")


def _import(call: Call[CreateQuery, None], body: BinaryIO, outlet: Outlet) -> None:
    query = call.query

    def work() -> None:
        name = _named(query.repository, query.tag) if query.repository else ""
        made = call.engine.images.import_tar(body, name, query.changes, query.message, query.platform)
        outlet.tell({"status": made})

    _telling(outlet, work)


def _load(call: Call[LoadQuery, None], body: BinaryIO, outlet: Outlet) -> None:
    def work() -> None:
        for loaded in call.engine.images.load(body):
            for name in loaded.references:
                outlet.tell({"stream": f"Loaded image: {name}\n"})
            if not loaded.references:
                outlet.tell({"stream": f"Loaded image ID: {loaded.id}\n"})

    _telling(outlet, work)


async def _save(call: Call[Any, None], names: tuple[str, ...]) -> web.StreamResponse:
    images = call.engine.images
    for name in names:
        images.inspect(name)  # raises before the head is out

    def work(outlet: Outlet) -> None:
        with outlet.file() as file:
            images.save(names, file)

    return await streaming.stream(call.request, _TAR, work)


def _telling(outlet: Outlet, work: Any) -> None:
    """What goes wrong is told as the last line: the head is out."""
    try:
        work()
    except OnggiError as error:
        outlet.tell({"errorDetail": {"message": error.message}, "error": error.message})


def _logins(call: Call[Any, None], name: str) -> str:
    text = call.request.headers.get("X-Registry-Auth", "")
    return auth.of_header(text, account_named(reference.parse(name).domain)) if text else ""


def _named(repository: str, tag: str) -> str:
    """`tag` may be a digest."""
    if not tag:
        return repository
    return f"{repository}@{tag}" if ":" in tag else f"{repository}:{tag}"


ROUTES = (
    Route(method="GET", path="/images/json", handler=list_all, query=ListQuery, answer=list[wire.Summary]),
    Route(method="POST", path="/images/create", handler=create, query=CreateQuery),
    Route(method="POST", path="/images/prune", handler=prune, query=PruneQuery, answer=wire.Report, since=(1, 25)),
    Route(method="GET", path="/images/get", handler=save, query=NamesQuery),
    Route(method="POST", path="/images/load", handler=load, query=LoadQuery),
    Route(method="GET", path="/images/search", handler=search),
    Route(method="GET", path="/images/{name:.+}/json", handler=inspect, answer=dict[str, Any]),
    Route(method="GET", path="/images/{name:.+}/history", handler=history, answer=list[wire.History]),
    Route(method="GET", path="/images/{name:.+}/get", handler=save_one),
    Route(method="POST", path="/images/{name:.+}/tag", handler=tag, query=TagQuery),
    Route(method="POST", path="/images/{name:.+}/push", handler=push, query=PushQuery),
    Route(method="DELETE", path="/images/{name:.+}", handler=remove, query=RemoveQuery, answer=list[wire.Deleted]),
    Route(method="POST", path="/commit", handler=commit, query=CommitQuery, answer=dict[str, str], status=201),
)
