"""How a call ends (gRPC, doc/statuscodes.md; google.rpc.Status)."""

from __future__ import annotations

import base64
import re
import urllib.parse
from collections.abc import Mapping

OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
_CODE = re.compile(r"[0-9]{1,3}")


class CallError(Exception):
    """A call that has failed. details: a google.rpc.Status, as bytes, that says more."""

    def __init__(self, code: int, message: str, details: bytes = b"") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


def unknown(path: str) -> CallError:
    return CallError(UNIMPLEMENTED, f"{path} is not served")


def trailers(error: CallError | None) -> list[tuple[str, str]]:
    """The last headers of a call."""
    if error is None:
        return [("grpc-status", str(OK))]
    said = [
        ("grpc-status", str(error.code)),
        ("grpc-message", urllib.parse.quote(error.message, safe=" !#$&'()*+,/:;=?@[]", errors="replace")),
    ]
    if error.details:
        said.append(("grpc-status-details-bin", base64.b64encode(error.details).decode().rstrip("=")))
    return said


def error_of(headers: Mapping[str, str]) -> CallError | None:
    """What the headers of an answer say went wrong; those that say nothing of how the call ends are no good end."""
    text = headers.get("grpc-status")
    if text is None:
        return CallError(UNKNOWN, f"it ended without saying how (HTTP status {headers.get(':status', 'unknown')})")
    code = int(text) if _CODE.fullmatch(text) else UNKNOWN
    return None if code == OK else CallError(code, urllib.parse.unquote(headers.get("grpc-message", "")))
