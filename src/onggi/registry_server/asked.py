"""What a request names, checked: no text of a client gets further unless the spec's grammar has it."""

from __future__ import annotations

from aiohttp import web

from onggi.oci import digest as digests
from onggi.oci.digest import Digest
from onggi.oci.reference import is_repository, is_tag
from onggi.registry_server.refusals import LONGEST, Refusal, shown

_MOST = 10_000
"""Names in one answer; whoever wants more follows the link in it."""


def repository(request: web.Request) -> str:
    return checked_repository(request.match_info["name"])


def checked_repository(name: str) -> str:
    if not is_repository(name):
        raise Refusal("NAME_INVALID", f"{shown(name)} is not the name of a repository", detail={"name": name[:LONGEST]})
    return name


def checked_tag(tag: str) -> str:
    if not is_tag(tag):
        raise Refusal("TAG_INVALID", f"{shown(tag)} is not a tag", detail={"tag": tag[:LONGEST]})
    return tag


def digest(request: web.Request) -> Digest:
    return checked_digest(request.match_info["digest"])


def checked_digest(text: str) -> Digest:
    if not digests.is_digest(text):
        raise Refusal("DIGEST_INVALID", f"{shown(text)} is not a digest: this registry knows sha256:<64 hex digits>")
    return text


def reference(request: web.Request) -> str:
    """A tag or a digest."""
    text = request.match_info["reference"]
    return checked_digest(text) if ":" in text else checked_tag(text)


def page(request: web.Request) -> tuple[int, str]:
    """How many names are wanted, and behind which one they begin."""
    text = request.query.get("n", str(_MOST))
    if not (text.isascii() and text.isdecimal()):
        raise Refusal("PAGINATION_NUMBER_INVALID", f"n is {shown(text)}, not a number of names")
    return min(int(text[:9]), _MOST), request.query.get("last", "")


def link(request: web.Request, **query: str) -> dict[str, str]:
    """The header that leads to the next page (RFC 8288)."""
    return {"Link": f'<{request.rel_url.with_query({**request.query, **query})}>; rel="next"'}
