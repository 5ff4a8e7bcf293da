"""A route: what is asked for by which path, since when, with what, and what answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec
from aiohttp import web

from onggi.api.call import Call
from onggi.api.versions import OLDEST, Version

Handler: TypeAlias = Callable[[Call[Any, Any]], Any] | Callable[[Call[Any, Any]], Awaitable[Any]]


class Nothing(msgspec.Struct, frozen=True):
    """No parameters."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is written behind the version, as aiohttp has it: /containers/{name}/json. query: its parameters, a field
    each. body: what its JSON is decoded as, None for a body that the handler reads, or none. read: what is made of that
    for a client's version, to be judged and handled. answer: what its JSON is, None for another kind of answer. status:
    of an answer that is no Response: 204 for None.

    A handler that is a coroutine function runs in the loop; any other in one of a few threads, or, if it waits (for a
    registry, for a process to end, for a disk), in one of its own, so that others need not wait for it. follows: it has
    no end of its own, and goes on as long as what it tells of.
    """

    method: str
    path: str
    handler: Handler
    since: Version = OLDEST
    query: type[msgspec.Struct] = Nothing
    body: type[msgspec.Struct] | None = None
    read: Callable[[Any, Version], Any] | None = None
    answer: Any = None
    status: int = 200
    waits: bool = False
    follows: bool = False


SERVED = web.AppKey("served", tuple[Route, ...])
