"""What a handler gets: the request's parameters and body, decoded and typed, and the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec
from aiohttp import web

from onggi.api.room import Room
from onggi.api.versions import Version
from onggi.engine.engine import Engine

Q = TypeVar("Q", bound=msgspec.Struct)
B = TypeVar("B", bound=msgspec.Struct | None)


class Call(Generic[Q, B]):
    """`path` has the parts of the path that the route names, `version` is that which the client speaks."""

    def __init__(
        self, request: web.Request, room: Room, version: Version, path: Mapping[str, str], query: Q, body: B
    ) -> None:
        self.request = request
        self.room = room
        self.version = version
        self.path = path
        self.query = query
        self.body = body

    @property
    def engine(self) -> Engine:
        return self.room.engine
