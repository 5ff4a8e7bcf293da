"""The table of all routes, and what is said of those that are not there or go wrong."""

from __future__ import annotations

from aiohttp import ClientConnectionResetError, typedefs, web

from onggi.api import refusals, versions
from onggi.api.access_log import SERVER_LOG
from onggi.api.context import CONTEXT, Context
from onggi.api.handling import handler_of
from onggi.api.pages import require_no_page
from onggi.api.refusals import Refusal
from onggi.api.route import SERVED, Route
from onggi.api.routes import (
    absent,
    archive,
    attach,
    auth,
    build,
    buildkit,
    commit,
    container_life,
    containers,
    description,
    disk_usage,
    events,
    execs,
    image_archives,
    image_transfers,
    images,
    logs,
    networks,
    stats,
    system,
    volumes,
)
from onggi.errors import OnggiError

ROUTES: tuple[Route, ...] = (
    *system.ROUTES,
    *description.ROUTES,
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
    *image_transfers.ROUTES,
    *image_archives.ROUTES,
    *commit.ROUTES,
    *networks.ROUTES,
    *volumes.ROUTES,
    *build.ROUTES,
    *absent.ROUTES,
    *buildkit.ROUTES,
)
_LARGEST_DOCUMENT = 4 << 20
"""Bytes of a JSON body."""
_VERSIONED = "/v{version:[0-9]{1,3}[.][0-9]{1,3}}"


def application(context: Context) -> web.Application:
    """The one of all versions: each route stands at its path, and behind `/v1.51`."""
    app = web.Application(middlewares=[_refuse], client_max_size=_LARGEST_DOCUMENT)
    app[CONTEXT] = context
    app[SERVED] = ROUTES
    for route in ROUTES:
        for path in (route.path, f"{_VERSIONED}{route.path}"):
            app.router.add_route(route.method, path, handler_of(route))
    app.on_response_prepare.append(_sign)
    return app


@web.middleware
async def _refuse(request: web.Request, handler: typedefs.Handler) -> web.StreamResponse:
    """Errors become Docker's documents."""
    try:
        require_no_page(request)
        return await handler(request)
    except Refusal as refusal:
        return refusal.response()
    except OnggiError as error:
        return refusals.of_error(error).response()
    except web.HTTPException as error:
        return refusals.of_http(error).response()
    except Exception as error:
        if isinstance(error, ConnectionError) and _has_gone(request, error):
            raise
        SERVER_LOG.exception("a mistake of this program, in %s %s", request.method, ascii(request.path))
        return Refusal(500, "this is a mistake of onggi's; what it was is in the log of its server").response()


def _has_gone(request: web.Request, error: ConnectionError) -> bool:
    """Whether it is the client who has: a connection of the engine's, to a registry, can be lost as well."""
    return request.transport is None or isinstance(error, ClientConnectionResetError)


async def _sign(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Api-Version"] = versions.text(versions.NEWEST)
    response.headers["Docker-Experimental"] = "false"
    response.headers["Ostype"] = "linux"
    response.headers["Server"] = "onggi"
