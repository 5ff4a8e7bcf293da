"""What `/images/…` and `/distribution/…` have to do with registries, and an image made of a tar of files."""

from __future__ import annotations

from typing import Any, BinaryIO

import msgspec
from aiohttp import web

from onggi.api import streaming, transfers
from onggi.api.call import Call
from onggi.api.intake import file_of
from onggi.api.refusals import Refusal
from onggi.api.route import Nothing, Route
from onggi.api.streaming import Outlet
from onggi.api.wire import auth
from onggi.api.wire import image as wire
from onggi.engine.types import PullRequest, PushRequest
from onggi.errors import Corrupt, OnggiError
from onggi.oci import platform, reference
from onggi.registry.logins.accounts import account_named


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


class PushQuery(msgspec.Struct, frozen=True, kw_only=True):
    tag: str = ""
    platform: str = ""


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
        try:
            call.engine.push(request, transfers.Push(outlet.tell), logins, outlet.cancel)
        except OnggiError as error:
            raise transfers.push_refusal(error) from error

    return await streaming.tell(call.request, work)


def distribution(call: Call[Nothing, None]) -> wire.Distribution:
    """What the registry has by this name: its digest, and the platforms that it is for."""
    name = call.path["name"]
    return wire.of_distributed(call.engine.distribution(name, _logins(call, name)))


def _logins(call: Call[Any, Any], name: str) -> str:
    text = call.request.headers.get("X-Registry-Auth", "")
    return auth.of_header(text, account_named(reference.parse(name).domain))


ROUTES = (
    Route(method="POST", path="/images/create", handler=create, query=CreateQuery, kind="long"),
    Route(method="POST", path="/images/{name:.+}/push", handler=push, query=PushQuery, kind="long"),
    Route(
        method="GET",
        path="/distribution/{name:.+}/json",
        handler=distribution,
        answer=wire.Distribution,
        since=(1, 30),
        kind="waits",
    ),
)
