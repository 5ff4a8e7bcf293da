"""From a request to its handler: the table of routes, and what all of them go through."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from collections.abc import Awaitable, Callable

from aiohttp import web

from onggi.errors import OnggiError
from onggi.registry_server import base, blobs, manifests, referrers, refusals, tags, uploads
from onggi.registry_server.context import CONTEXT, Context
from onggi.registry_server.refusals import Refusal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_NAME = "/v2/{name:.+}"  # greedy: a repository may be called team/tags
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/v2/", base.answer),
    ("GET", "/v2", base.answer),
    ("GET", "/v2/_catalog", tags.catalog),
    ("GET", f"{_NAME}/tags/list", tags.get),
    ("GET", f"{_NAME}/referrers/{{digest}}", referrers.get),
    ("GET", f"{_NAME}/manifests/{{reference}}", manifests.get),
    ("PUT", f"{_NAME}/manifests/{{reference}}", manifests.put),
    ("DELETE", f"{_NAME}/manifests/{{reference}}", manifests.delete),
    ("POST", f"{_NAME}/blobs/uploads/", uploads.post),
    ("POST", f"{_NAME}/blobs/uploads", uploads.post),
    ("GET", f"{_NAME}/blobs/uploads/{{upload}}", uploads.get),
    ("PATCH", f"{_NAME}/blobs/uploads/{{upload}}", uploads.patch),
    ("PUT", f"{_NAME}/blobs/uploads/{{upload}}", uploads.put),
    ("DELETE", f"{_NAME}/blobs/uploads/{{upload}}", uploads.delete),
    ("GET", f"{_NAME}/blobs/{{digest}}", blobs.get),
    ("DELETE", f"{_NAME}/blobs/{{digest}}", blobs.delete),
)
_READING = ("GET", "HEAD")
_CHECKS_AT_ONCE = 2
USER = web.RequestKey("user", str)
"""Under which a request keeps who it is from."""


def application(context: Context) -> web.Application:
    app = web.Application(middlewares=[_refuse, _admit, _allow])
    app[CONTEXT] = context
    app[_CHECKS] = asyncio.Semaphore(_CHECKS_AT_ONCE)
    for method, path, handler in ROUTES:
        app.router.add_route(method, path, handler)
        if method == "GET":
            app.router.add_route("HEAD", path, handler)
    app.on_response_prepare.append(_sign)
    return app


_CHECKS = web.AppKey("checks", asyncio.Semaphore)
"""A flood of wrong passwords keeps no more threads busy than this."""


@web.middleware
async def _refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors become the spec's documents."""
    try:
        with request.app[CONTEXT].under_way.one():
            return await handler(request)
    except Refusal as refusal:
        return refusal.response()
    except OnggiError as error:
        return refusals.of_error(error).response()
    except web.HTTPException as error:
        return refusals.of_http(error).response()


@web.middleware
async def _admit(request: web.Request, handler: Handler) -> web.StreamResponse:
    passwords = request.app[CONTEXT].options.passwords
    if passwords is None:
        return await handler(request)
    header = request.headers.get("Authorization", "")
    user = passwords.remembers(header)
    if user is None and header:
        async with request.app[_CHECKS]:
            user = await to_thread(passwords.check, header)
    if user is None:
        challenge = {"WWW-Authenticate": 'Basic realm="onggi", charset="UTF-8"'}
        raise Refusal("UNAUTHORIZED", "a user and a password are needed", headers=challenge)
    request[USER] = user
    return await handler(request)


@web.middleware
async def _allow(request: web.Request, handler: Handler) -> web.StreamResponse:
    options = request.app[CONTEXT].options
    if options.is_read_only and request.method not in _READING:
        raise Refusal("UNSUPPORTED", "this registry is read-only")
    if request.method == "DELETE" and not options.may_delete and handler is not uploads.delete:
        raise Refusal("UNSUPPORTED", "this registry deletes nothing")
    return await handler(request)


async def _sign(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Docker-Distribution-Api-Version"] = "registry/2.0"
    response.headers["Server"] = "onggi"
