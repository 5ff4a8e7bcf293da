"""What a registry's refusals mean (OCI distribution spec, "Error Codes")."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from onggi.decoders import decoder
from onggi.errors import Denied, Invalid, NotFound, OnggiError, Unauthorized, Unavailable, Unsupported
from onggi.oci.document import UNREADABLE
from onggi.registry.flow import Answer

_LONGEST = 300  # characters of a message that is shown


class _Error(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""


class _Errors(msgspec.Struct, frozen=True):
    errors: tuple[_Error, ...] = ()


_BY_CODE: Mapping[str, tuple[type[OnggiError], str]] = {
    "BLOB_UNKNOWN": (NotFound, "is not there"),
    "BLOB_UPLOAD_INVALID": (Unavailable, "was broken off while it was sent"),
    "BLOB_UPLOAD_UNKNOWN": (Unavailable, "was forgotten while it was sent"),
    "DENIED": (Unauthorized, "is not for us"),
    "DIGEST_INVALID": (Unavailable, "did not arrive as it was sent"),
    "MANIFEST_BLOB_UNKNOWN": (Unavailable, "names something that is not there"),
    "MANIFEST_INVALID": (Invalid, "is not taken"),
    "MANIFEST_UNKNOWN": (NotFound, "is not there"),
    "NAME_INVALID": (Invalid, "has a name that is not taken"),
    "NAME_UNKNOWN": (NotFound, "is not there"),
    "RANGE_INVALID": (Unavailable, "does not go on where it was"),
    "SIZE_INVALID": (Unavailable, "did not arrive as it was sent"),
    "TAG_INVALID": (Invalid, "has a tag that is not taken"),
    "TOOMANYREQUESTS": (Unavailable, "was asked for too often"),
    "UNAUTHORIZED": (Unauthorized, "is not for everyone"),
    "UNSUPPORTED": (Unsupported, "is not allowed there"),
}
_BY_STATUS: Mapping[int, tuple[type[OnggiError], str]] = {
    400: (Invalid, "is not understood"),
    401: (Unauthorized, "is not for everyone"),
    403: (Unauthorized, "is not for us"),
    404: (NotFound, "is not there"),
    405: (Unsupported, "is not allowed there"),
    410: (NotFound, "is not there any more"),
    416: (Invalid, "is not as long"),
    429: (Unavailable, "was asked for too often"),
}
_TOO_LARGE, _FULL = 413, 507
_ELSE: tuple[type[OnggiError], str] = (Unavailable, "cannot be had")
_HINTS: Mapping[type[OnggiError], str] = {
    Unauthorized: "`onggi login` says who asks; an account may also lack the right",
    Unavailable: "try again later",
    Unsupported: "the registry may be read-only, or not know how",
}


_SMALLER = "where it is the size of one request that is bounded, `chunk` in registries.toml makes them smaller"
_ROOM = "the registry's disk is full: space is to be made there, not here"


def is_full(answer: Answer) -> bool:
    """Whether there is no room left there, which waiting does not mend."""
    return answer.status == _FULL or (answer.status >= 500 and b"no space left" in answer.body)


def refusal(answer: Answer, what: str, hint: str = "") -> OnggiError:
    """The error for an answer that is not the one that was hoped for; `what` was asked for."""
    if answer.status == _TOO_LARGE:  # whatever the code: the distribution spec has none for it
        return Denied(f"{what} is too large for it: {said(answer)}", hint=hint or _SMALLER)
    if is_full(answer):  # its own words are advice for those who run it
        return Denied(f"{what} finds no room there: it answered {answer.status}", hint=_ROOM)
    first = _first(answer)
    meaning, words = _BY_CODE.get(first.code) or _BY_STATUS.get(answer.status, _ELSE)
    return meaning(f"{what} {words}: {said(answer)}", hint=hint or _HINTS.get(meaning, ""))


def said(answer: Answer) -> str:
    """The status, and the registry's own words if it has any that are for people."""
    words = _first(answer).message
    printable = "".join(letter if letter.isprintable() else " " for letter in words[:_LONGEST]).strip()
    return f"it answered {answer.status}" + (f", {printable}" if printable else "")


def _first(answer: Answer) -> _Error:
    try:
        found = decoder(_Errors).decode(answer.body)
    except UNREADABLE:
        return _Error()  # a page for browsers, or nothing
    return found.errors[0] if found.errors else _Error()
