"""A route: what is asked for by which path, since when, with what, and what answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec
from aiohttp import web

from onggi.api.call import Call
from onggi.api.requests import Kind
from onggi.api.versions import OLDEST, Version

Handler: TypeAlias = Callable[[Call[Any, Any]], Any] | Callable[[Call[Any, Any]], Awaitable[Any]]


class Nothing(msgspec.Struct, frozen=True):
    """No parameters."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is written behind the version, as aiohttp has it: /containers/{name}/json. query: its parameters, a field
    each. body: what its JSON is decoded as, None for a body that the handler reads, or none. read: what is made of body
    and query for a client's version, to be judged and handled. answer: what its JSON is, None for another kind of
    answer. status: of an answer that is no Response: 204 for None.

    A handler that is short runs in one of a few threads, one that waits in one of its own, so that nobody else waits
    for it; all others are coroutines, for the loop. waits_with: the parameter by which a short one becomes one that
    waits.
    """

    method: str
    path: str
    handler: Handler
    since: Version = OLDEST
    query: type[msgspec.Struct] = Nothing
    body: type[msgspec.Struct] | None = None
    read: Callable[[Any, Any, Version], Any] | None = None
    answer: Any = None
    status: int = 200
    kind: Kind = "short"
    waits_with: str = ""


SERVED = web.AppKey("served", tuple[Route, ...])
