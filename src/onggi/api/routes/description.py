"""`/openapi.json`."""

from __future__ import annotations

from aiohttp import web

from onggi.api.call import Call
from onggi.api.route import SERVED, Nothing, Route


def describe(call: Call[Nothing, None]) -> web.Response:
    """This document."""
    from onggi.api import openapi  # few ask for it

    return web.Response(body=openapi.document(call.request.app[SERVED], call.version), content_type="application/json")


ROUTES = (Route(method="GET", path="/openapi.json", handler=describe),)
