"""Images as tars: `/images/get`, `/images/{name}/get` and `/images/load`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web

from onggi.api import streaming
from onggi.api.call import Call
from onggi.api.intake import file_of
from onggi.api.refusals import Refusal
from onggi.api.route import Route
from onggi.api.streaming import Outlet
from onggi.api.versions import Version, has
from onggi.api.wire import image as wire
from onggi.errors import OnggiError

_TAR = "application/x-tar"


class SaveOneQuery(msgspec.Struct, frozen=True, kw_only=True):
    platform: tuple[str, ...] = ()


class SaveQuery(SaveOneQuery, frozen=True, kw_only=True):
    names: tuple[str, ...] = ()


class LoadQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`quiet` is passed over: nothing is told but what was loaded."""

    platform: tuple[str, ...] = ()


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


ROUTES = (
    Route(method="GET", path="/images/get", handler=save, query=SaveQuery, kind="long"),
    Route(method="POST", path="/images/load", handler=load, query=LoadQuery, kind="long"),
    Route(method="GET", path="/images/{name:.+}/get", handler=save_one, query=SaveOneQuery, kind="long"),
)
