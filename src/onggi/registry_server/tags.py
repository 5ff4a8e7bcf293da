"""The names there are: tags of a repository, and repositories, page by page (distribution spec, "Listing Tags")."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable

from aiohttp import web

from onggi.registry_server import asked
from onggi.registry_server.context import CONTEXT
from onggi.registry_server.refusals import Refusal


async def get(request: web.Request) -> web.Response:
    served, repository = request.app[CONTEXT].served, asked.repository(request)
    if not await to_thread(served.has_repository, repository):
        raise Refusal("NAME_UNKNOWN", f"there is no repository {repository}", detail={"name": repository})
    tags, headers = await _page(request, lambda last, most: served.tags(repository, last, most))
    return web.json_response({"name": repository, "tags": tags}, headers=headers)


async def catalog(request: web.Request) -> web.Response:
    """The repositories."""
    repositories, headers = await _page(request, request.app[CONTEXT].served.repositories)
    return web.json_response({"repositories": repositories}, headers=headers)


async def _page(request: web.Request, names: Callable[[str, int], list[str]]) -> tuple[list[str], dict[str, str]]:
    """The names of the page that is asked for, and the link to the next one. One name more is looked up than wanted, to
    know whether there is a next one."""
    count, last = asked.page(request)
    found = await to_thread(names, last, count + 1)
    wanted = found[:count]
    is_last = len(found) <= count or not wanted  # "n is zero: … MUST NOT include a Link header"
    return wanted, {} if is_last else asked.link(request, last=wanted[-1], n=str(count))
