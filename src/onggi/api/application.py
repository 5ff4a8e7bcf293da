"""From a request to its handler: versions, routes, and what all of them go through."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from onggi.api import body, query, refusals, versions
from onggi.api.call import Call
from onggi.api.refusals import Refusal
from onggi.api.room import ROOM, Room
from onggi.api.route import Route
from onggi.api.routes import (
    absent,
    archive,
    attach,
    auth,
    build,
    container_life,
    containers,
    disk_usage,
    events,
    execs,
    images,
    logs,
    networks,
    stats,
    system,
    volumes,
)
from onggi.errors import OnggiError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ROUTES: tuple[Route, ...] = (
    *system.ROUTES,
    *disk_usage.ROUTES,
    *events.ROUTES,
    *auth.ROUTES,
    *containers.ROUTES,
    *container_life.ROUTES,
    *attach.ROUTES,
    *execs.ROUTES,
    *logs.ROUTES,
    *stats.ROUTES,
    *archive.ROUTES,
    *images.ROUTES,
    *networks.ROUTES,
    *volumes.ROUTES,
    *build.ROUTES,
    *absent.ROUTES,
)
_VERSION = web.RequestKey("version", tuple)
_LARGEST_DOCUMENT = 16 << 20
"""Bytes of a JSON body."""


def application(room: Room) -> web.Application:
    """The one of all versions: the version is taken off the path before a route is looked for."""
    app = web.Application(middlewares=[_refuse])
    app[ROOM] = room
    for route in ROUTES:
        for path in (route.path, f"/v{{version:[0-9.]+}}{route.path}"):
            app.router.add_route(route.method, path, _serve(route))
    app.on_response_prepare.append(_sign)
    return app


def _serve(route: Route) -> Handler:
    is_async = inspect.iscoroutinefunction(route.handler)
    name = f"{route.method} {route.path}"

    async def handle(request: web.Request) -> web.StreamResponse:
        version, _ = versions.split(request.path)
        if version < route.since:
            raise Refusal(404, "page not found")
        unknown = versions.unknown(version, name)
        call = Call(
            request,
            request.app[ROOM],
            version,
            query.read(request.query, route.query, unknown),
            None if route.body is None else body.read(await request.read(), route.body, unknown),
        )
        answer = await route.handler(call) if is_async else await asyncio.to_thread(route.handler, call)
        return _response(answer, route.status)

    return handle


def _response(answer: Any, status: int) -> web.StreamResponse:
    if isinstance(answer, web.StreamResponse):
        return answer
    if answer is None:
        return web.Response(status=204 if status == 200 else status)
    return web.Response(status=status, body=msgspec.json.encode(answer) + b"\n", content_type="application/json")


@web.middleware
async def _refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors become Docker's documents."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return refusal.response()
    except OnggiError as error:
        return refusals.of_error(error).response()
    except web.HTTPException as error:
        return refusals.of_http(error).response()


async def _sign(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Api-Version"] = versions.text(versions.NEWEST)
    response.headers["Docker-Experimental"] = "false"
    response.headers["Ostype"] = "linux"
    response.headers["Server"] = "onggi"
