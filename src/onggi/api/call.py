"""What a handler gets: the request's parameters and body, decoded and typed, and the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec
from aiohttp import web

from onggi.api import answers
from onggi.api.room import Room
from onggi.api.versions import Version
from onggi.engine.engine import Engine

Q = TypeVar("Q", bound=msgspec.Struct)
B = TypeVar("B", bound=msgspec.Struct | None)


class Call(Generic[Q, B]):
    """`name` is the route's, `path` has the parts of the path that it names, `version` is that which the client
    speaks."""

    def __init__(
        self,
        request: web.Request,
        room: Room,
        version: Version,
        name: str,
        path: Mapping[str, str],
        query: Q,
        body: B,
    ) -> None:
        self.request = request
        self.room = room
        self.version = version
        self.name = name
        self.path = path
        self.query = query
        self.body = body

    @property
    def engine(self) -> Engine:
        return self.room.engine

    def fit(self, document: Any) -> Any:
        """As the client's version has it."""
        return answers.fit(document, self.version, self.name)
