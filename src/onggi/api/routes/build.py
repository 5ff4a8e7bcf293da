"""`/build` and what belongs to it."""

from __future__ import annotations

from typing import BinaryIO

from aiohttp import web

from onggi.api import streaming
from onggi.api.call import Call
from onggi.api.classic import Classic
from onggi.api.intake import file_of
from onggi.api.route import Route
from onggi.api.streaming import Outlet
from onggi.api.wire import build as wire
from onggi.errors import OnggiError


async def build(call: Call[wire.Query, None]) -> web.StreamResponse:
    """Build an image of a context: a tar that is the body, or what is at a URL."""
    query = call.query
    wire.refuse(query)
    context = query.remote or file_of(call.request)
    return await streaming.stream(call.request, streaming.JSON, lambda outlet: _build(call, context, outlet))


def _build(call: Call[wire.Query, None], context: str | BinaryIO, outlet: Outlet) -> None:
    try:
        call.engine.build(wire.request(call.query, context), Classic(outlet.tell, is_quiet=call.query.quiet))
    except OnggiError as error:
        outlet.tell(wire.failure(error))


ROUTES = (Route(method="POST", path="/build", handler=build, query=wire.Query),)
