from __future__ import annotations

import pytest
from tests.registry.canned import answer, error

from onggi.errors import Denied, Invalid, NotFound, OnggiError, Unauthorized, Unavailable, Unsupported
from onggi.registry.flow import Answer
from onggi.registry.refusals import refusal, said


@pytest.mark.parametrize(
    ("status", "code", "meaning", "words"),
    [
        (404, "MANIFEST_UNKNOWN", NotFound, "is not there"),
        (404, "NAME_UNKNOWN", NotFound, "is not there"),
        (404, "BLOB_UNKNOWN", NotFound, "is not there"),
        (404, "MANIFEST_BLOB_UNKNOWN", Unavailable, "names something that is not there"),
        (404, "BLOB_UPLOAD_UNKNOWN", Unavailable, "was forgotten while it was sent"),
        (400, "DIGEST_INVALID", Unavailable, "did not arrive as it was sent"),
        (400, "SIZE_INVALID", Unavailable, "did not arrive as it was sent"),
        (400, "MANIFEST_INVALID", Invalid, "is not taken"),
        (400, "NAME_INVALID", Invalid, "has a name that is not taken"),
        (400, "TAG_INVALID", Invalid, "has a tag that is not taken"),
        (405, "UNSUPPORTED", Unsupported, "is not allowed there"),
        (416, "RANGE_INVALID", Unavailable, "does not go on where it was"),
        (429, "TOOMANYREQUESTS", Unavailable, "was asked for too often"),
        (401, "UNAUTHORIZED", Unauthorized, "is not for everyone"),
        (401, "DENIED", Unauthorized, "is not for us"),
        # a code that nobody knows, or none: then the status counts
        (400, "", Invalid, "is not understood"),
        (401, "", Unauthorized, "is not for everyone"),
        (403, "WHATEVER", Unauthorized, "is not for us"),
        (404, "", NotFound, "is not there"),
        (405, "", Unsupported, "is not allowed there"),
        (410, "", NotFound, "is not there any more"),
        (413, "", Denied, "is too large for it"),
        (413, "SIZE_INVALID", Denied, "is too large for it"),
        (416, "", Invalid, "is not as long"),
        (429, "", Unavailable, "was asked for too often"),
        (302, "", Unavailable, "cannot be had"),
        (418, "", Unavailable, "cannot be had"),
        (500, "UNKNOWN", Unavailable, "cannot be had"),
    ],
)
def test_what_refusals_mean(status: int, code: str, meaning: type[OnggiError], words: str) -> None:
    found = refusal(error(status, code, "no"), "the thing")
    assert type(found) is meaning
    assert found.message == f"the thing {words}: it answered {status}, no"


def test_the_way_on() -> None:
    assert "onggi login" in refusal(answer(403), "x").hint
    assert refusal(answer(500), "x").hint == "try again later"
    assert refusal(answer(404), "x").hint == ""
    assert refusal(answer(500), "x", "ask Ann").hint == "ask Ann"
    assert "`chunk`" in refusal(answer(413), "x").hint
    assert "read-only" in refusal(answer(405), "x").hint


@pytest.mark.parametrize(
    "full", [answer(507), error(503, "UNAVAILABLE", "no space left on /srv (prune it)"), answer(500, b"no space left")]
)
def test_a_full_disk_is_theirs(full: Answer) -> None:
    """Their advice is for those who run the registry, and not for who reads this."""
    found = refusal(full, "a push to x")
    assert type(found) is Denied
    assert found.message == f"a push to x finds no room there: it answered {full.status}"
    assert found.hint.endswith("there, not here")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html>502 Bad Gateway</html>",
        b"[]",
        b"null",
        b'{"errors": []}',
        b'{"errors": null}',
        b'{"errors": [{"code": 7}]}',
        b'{"errors": [{"message": "\xff"}]}',
        b'{"x": ' + b"[" * 60_000,
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_is_no_error_of_a_registry_is_not_shown(body: bytes) -> None:
    assert said(answer(502, body)) == "it answered 502"


def test_the_first_of_several_errors_is_told() -> None:
    body = {"errors": [{"code": "DENIED", "message": "first", "detail": {"a": 1}}, {"code": "NAME_UNKNOWN"}]}
    assert said(answer(403, body)) == "it answered 403, first"
    assert isinstance(refusal(answer(404, body), "team/app"), Unauthorized), "the code weighs more than the status"


def test_words_of_strangers_are_short_and_harmless() -> None:
    shown = said(error(400, "", "\x1b[31mred\x07\r\n" + "x" * 1000))
    assert shown.isprintable()
    assert len(shown) < 350
