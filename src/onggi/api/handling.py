"""From a request to its handler and back: what all routes go through.

A large document takes its time to be read, a long list to be written: in a thread, so that the loop serves others
meanwhile.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiohttp import typedefs, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestPayloadError

from onggi.api import body, query, versions
from onggi.api.call import Call
from onggi.api.context import CONTEXT
from onggi.api.policy.judge import Asked, decide
from onggi.api.refusals import Refusal
from onggi.api.requests import Kind
from onggi.api.route import Route
from onggi.api.threads import in_pool, in_thread
from onggi.api.versions import Version

_JSON = "application/json"
_DOCUMENT_SECONDS = 30.0
"""For which a JSON body may take to come."""
_SOON_READ = 1 << 14
"""Bytes of one that is read in the loop, where its handler runs."""
_SMALL = 1 << 16
"""Bytes of one that a short request may have: of those any number are in memory."""


def handler_of(route: Route) -> typedefs.Handler:
    """What aiohttp calls for it. Raises Refusal and OnggiError."""

    async def handle(request: web.Request) -> web.StreamResponse:
        version, _ = versions.split(request.path)
        if version < route.since:
            raise Refusal(404, "page not found")
        _require_text(request)
        context = request.app[CONTEXT]
        kind = _kind(route, request)
        context.requests.enter(kind)
        data = b"" if route.body is None else await _document(request)

        def read() -> Call[Any, Any]:
            return _call(request, route, version, data)

        def answer() -> web.StreamResponse:
            call = read()
            return _response(call, route.handler(call), route.status)

        if kind == "short":
            return await in_pool(answer)
        if kind == "waits":
            return await in_thread(answer)
        is_soon_read = context.policy is None and len(data) <= _SOON_READ
        call = read() if is_soon_read else await in_pool(read)
        return _response(call, await route.handler(call), route.status)

    return handle


def _kind(route: Route, request: web.Request) -> Kind:
    if route.kind != "short":
        return route.kind
    is_long = route.body is not None and request.body_exists and not _is_small(request.content_length)
    is_asked_for = bool(route.waits_with) and query.is_true(request.query.get(route.waits_with, ""))
    return "waits" if is_long or is_asked_for else "short"


def _is_small(size: int | None) -> bool:
    """Of a body of which that is said, if anything is."""
    return size is not None and size <= _SMALL


def _call(request: web.Request, route: Route, version: Version, data: bytes) -> Call[Any, Any]:
    """What is asked for, and may be. `data`: of the body. Raises Refusal."""
    name, context = f"{route.method} {route.path}", request.app[CONTEXT]
    unknown = versions.unknown(version, name)
    path = {part: text for part, text in request.match_info.items() if part != "version"}
    parameters = query.read(request.query, route.query, unknown)
    document = None if route.body is None else body.read(data, route.body, unknown)
    if route.read is not None:
        document = route.read(document, parameters, version)
    asked = Asked(path, parameters, document)
    if context.policy is not None:
        asked = decide(context.policy, context.sight, name, asked)
    return Call(
        request=request,
        context=context,
        version=version,
        route=name,
        path=asked.path,
        query=asked.query,
        body=asked.body,
    )


def _require_text(request: web.Request) -> None:
    """Nothing here has a name with a NUL in it, or with bytes that are no text. Raises Refusal."""
    for text in (request.path, *request.query.keys(), *request.query.values()):
        if "\0" in text or (not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text)):
            raise Refusal(400, "a name or a parameter has a NUL in it, or is no UTF-8")


def _require_json(request: web.Request) -> None:
    """A web page can make a browser send anything else to anybody. Raises Refusal (moby, api/server/httputils)."""
    said = request.headers.get("Content-Type", "")
    kind = said.partition(";")[0].strip().lower()
    if kind == _JSON or not (said or request.body_exists):
        return
    if not kind:
        raise Refusal(400, f"malformed Content-Type header ({said}): mime: no media type")
    raise Refusal(400, f"unsupported Content-Type header ({said}): must be '{_JSON}'")


async def _document(request: web.Request) -> bytes:
    """Raises Refusal for one that is not said to be JSON, that does not come, or comes broken."""
    _require_json(request)
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
    return web.Response(status=status, body=msgspec.json.encode(call.fit(answer)) + b"\n", content_type=_JSON)
