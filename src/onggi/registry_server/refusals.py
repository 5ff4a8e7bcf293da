"""What a client is told when it gets no: the distribution spec's error codes, each with its status."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from onggi.errors import Conflict, Corrupt, Denied, Invalid, NotFound, OnggiError, Unavailable, Unsupported

STATUS = {  # distribution spec, "Error Codes"; the last four are those of Docker's registry
    "BLOB_UNKNOWN": 404,
    "BLOB_UPLOAD_INVALID": 400,
    "BLOB_UPLOAD_UNKNOWN": 404,
    "DIGEST_INVALID": 400,
    "MANIFEST_BLOB_UNKNOWN": 400,
    "MANIFEST_INVALID": 400,
    "MANIFEST_UNKNOWN": 404,
    "NAME_INVALID": 400,
    "NAME_UNKNOWN": 404,
    "SIZE_INVALID": 400,
    "UNAUTHORIZED": 401,
    "DENIED": 403,
    "UNSUPPORTED": 405,
    "TOOMANYREQUESTS": 429,
    "TAG_INVALID": 400,
    "RANGE_INVALID": 416,
    "PAGINATION_NUMBER_INVALID": 400,
    "UNAVAILABLE": 503,
}
_CODE_OF: dict[type[OnggiError], str] = {
    NotFound: "BLOB_UNKNOWN",  # it went between two looks
    Conflict: "UNSUPPORTED",
    Invalid: "MANIFEST_INVALID",
    Corrupt: "MANIFEST_INVALID",
    Denied: "UNAVAILABLE",
    Unavailable: "UNAVAILABLE",
    Unsupported: "UNAVAILABLE",
}


LONGEST = 300
"""Characters of what a client has said that it is told again."""


class Refusal(Exception):
    """An answer that is a no. `status` is that of the code, unless it is said; `detail` is for programs."""

    def __init__(
        self, code: str, message: str, *, status: int = 0, detail: Any = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.detail = code, message, detail
        self.status = status or STATUS[code]
        self.headers = headers or {}

    def response(self) -> web.Response:
        error = {"code": self.code, "message": self.message, "detail": self.detail}
        return web.Response(
            status=self.status,
            body=msgspec.json.encode({"errors": [error]}),
            content_type="application/json",
            headers=self.headers,
        )


def shown(words: str) -> str:
    """A client's words in a message for it."""
    return repr(words[:LONGEST])


def of_error(error: OnggiError) -> Refusal:
    """What the store does not do, in the words of the wire."""
    code = next(code for kind, code in _CODE_OF.items() if isinstance(error, kind))
    return Refusal(code, f"{error.message} ({error.hint})" if error.hint else error.message)


def of_http(error: web.HTTPException) -> Refusal:
    """What no route was found for."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return Refusal("UNSUPPORTED", f"{error.method} is not for this path", headers={"Allow": allowed})
    return Refusal("UNSUPPORTED", "there is nothing at this path", status=error.status)
