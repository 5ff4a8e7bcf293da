"""What a handler gets: the request's parameters and body, decoded and typed, and the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec
from aiohttp import web

from onggi.api import answers
from onggi.api.context import Context
from onggi.api.versions import Version
from onggi.engine.engine import Engine

Q = TypeVar("Q", bound=msgspec.Struct)
B = TypeVar("B", bound=msgspec.Struct | None)


class Call(msgspec.Struct, Generic[Q, B], frozen=True, kw_only=True):
    """`version`: that which the client speaks. route: method and path of its route. path: the parts of the path that
    this one names."""

    request: web.Request
    context: Context
    version: Version
    route: str
    path: Mapping[str, str]
    query: Q
    body: B

    @property
    def engine(self) -> Engine:
        return self.context.engine

    def fit(self, document: Any) -> Any:
        """As the client's version has it."""
        return answers.fit(document, self.version, self.route)
