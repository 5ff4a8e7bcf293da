"""What a client is told when it gets no: Docker's document and status, from the meanings of onggi's errors.

Clients match on status and text (moby, daemon/server/httpstatus), so the messages of the engine begin with Docker's
words where Docker has some.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from aiohttp import web

from onggi.errors import (
    Conflict,
    Corrupt,
    Denied,
    Failed,
    Invalid,
    NotFound,
    OnggiError,
    Unauthorized,
    Unavailable,
    Unsupported,
)

NO_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and'
    " try again."
)
"""Docker's words for what only a swarm has (moby, daemon/cluster/errors.go)."""

_STATUS: Mapping[type[OnggiError], int] = {
    NotFound: 404,
    Conflict: 409,
    Invalid: 400,
    Unauthorized: 401,
    Denied: 403,
    Unavailable: 503,
    Unsupported: 501,
    Corrupt: 500,
    Failed: 500,
}


_OWN_COMMAND = re.compile(r"\bonggi [a-z-]")
"""How a command line of ours begins, wherever it stands in a hint. In an error's sentence there is none."""


class ErrorResponse(msgspec.Struct, frozen=True):
    """The document of a no."""

    message: str


class Refusal(Exception):
    """An answer that is a no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def response(self) -> web.Response:
        return web.Response(
            status=self.status,
            body=msgspec.json.encode(ErrorResponse(self.message)),
            content_type="application/json",
        )


def of_error(error: OnggiError, *, doing: str = "") -> Refusal:
    """What the engine does not do, as a client may understand it; `doing` is said before."""
    status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
    message = with_hint(error.message, error)
    return Refusal(status, f"{doing}: {message}" if doing else message)


def of_http(error: web.HTTPException) -> Refusal:
    """What no route was found for (moby, daemon/server: "page not found")."""
    known = {404: "page not found", 405: "page not found"}
    return Refusal(404 if error.status in known else error.status, known.get(error.status, error.reason))


def with_hint(sentence: str, error: OnggiError) -> str:
    """The hint without the parts that are command lines of ours: where a client is there may be no onggi."""
    hint = "; ".join(part for part in error.hint.split("; ") if not _OWN_COMMAND.search(part))
    return f"{sentence} ({hint})" if hint else sentence
