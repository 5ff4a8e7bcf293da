"""From a request to its handler: versions, routes, and what all of them go through."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestPayloadError

from onggi.api import body, query, refusals, versions
from onggi.api.access_log import SERVER_LOG
from onggi.api.call import Call
from onggi.api.policy.judge import Asked, decide
from onggi.api.refusals import Refusal
from onggi.api.room import ROOM, Room
from onggi.api.route import Nothing, Route
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
from onggi.api.threads import in_thread
from onggi.errors import OnggiError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def describe(call: Call[Nothing, None]) -> web.Response:
    """This document."""
    from onggi.api import openapi  # few ask for it

    return web.Response(body=openapi.document(ROUTES, call.version), content_type="application/json")


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="/openapi.json", handler=describe),
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
_LARGEST_DOCUMENT = 4 << 20
"""Bytes of a JSON body."""
_DOCUMENT_SECONDS = 30.0
"""For which such a body may take to come."""
_VERSIONED = "/v{version:[0-9]{1,3}[.][0-9]{1,3}}"


def application(room: Room) -> web.Application:
    """The one of all versions: the version is taken off the path before a route is looked for."""
    app = web.Application(middlewares=[_refuse], client_max_size=_LARGEST_DOCUMENT)
    app[ROOM] = room
    for route in ROUTES:
        for path in (route.path, f"{_VERSIONED}{route.path}"):
            app.router.add_route(route.method, path, _serve(route))
    app.on_response_prepare.append(_sign)
    return app


def _serve(route: Route) -> Handler:
    is_async = inspect.iscoroutinefunction(route.handler)
    name = f"{route.method} {route.path}"
    run = in_thread if route.waits else asyncio.to_thread

    async def handle(request: web.Request) -> web.StreamResponse:
        version, _ = versions.split(request.path)
        if version < route.since:
            raise Refusal(404, "page not found")
        _require_text(request)
        unknown = versions.unknown(version, name)
        path = {part: text for part, text in request.match_info.items() if part != "version"}
        parameters = query.read(request.query, route.query, unknown)
        document = None if route.body is None else body.read(await _document(request), route.body, unknown)
        if route.read is not None:
            document = route.read(document, version)
        asked = Asked(path, parameters, document)
        room = request.app[ROOM]
        if room.policy is not None:
            asked = await asyncio.to_thread(decide, room.policy, room.sight, name, asked)
        call = Call(request, room, version, name, asked.path, asked.query, asked.body)
        answer = await (route.handler(call) if is_async else run(lambda: route.handler(call)))
        return _response(call, answer, route.status)

    return handle


def _require_text(request: web.Request) -> None:
    """Nothing here has a name with a NUL in it, or with bytes that are no text. Raises Refusal."""
    for text in (request.path, *request.query.keys(), *request.query.values()):
        if "\0" in text or (not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text)):
            raise Refusal(400, "a name or a parameter has a NUL in it, or is no UTF-8")


async def _document(request: web.Request) -> bytes:
    """Raises Refusal for one that does not come, or comes broken."""
    try:
        async with asyncio.timeout(_DOCUMENT_SECONDS):
            return await request.read()
    except TimeoutError:
        raise Refusal(408, f"the body of the request did not come within {_DOCUMENT_SECONDS:.0f} seconds") from None
    except (HttpProcessingError, RequestPayloadError) as error:
        raise Refusal(400, f"the body of the request is broken: {error}") from error


def _response(call: Call[Any, Any], answer: Any, status: int) -> web.StreamResponse:
    if isinstance(answer, web.StreamResponse):
        return answer
    if answer is None:
        return web.Response(status=204 if status == 200 else status)
    return web.Response(
        status=status, body=msgspec.json.encode(call.fit(answer)) + b"\n", content_type="application/json"
    )


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
    except ConnectionError:
        raise  # the client has gone
    except Exception:  # noqa: BLE001
        SERVER_LOG.exception("a mistake of this program, in %s %s", request.method, ascii(request.path))
        return Refusal(500, "this is a mistake of onggi's; what it was is in the log of its server").response()


async def _sign(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Api-Version"] = versions.text(versions.NEWEST)
    response.headers["Docker-Experimental"] = "false"
    response.headers["Ostype"] = "linux"
    response.headers["Server"] = "onggi"
