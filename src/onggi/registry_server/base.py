"""`/v2/`: is there a registry, and may I come in?"""

from __future__ import annotations

from aiohttp import web


async def answer(request: web.Request) -> web.Response:
    return web.json_response({})
