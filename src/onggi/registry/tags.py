"""The tags of a repository, page by page (OCI distribution spec, "Listing Tags")."""

from __future__ import annotations

import re

import msgspec

from onggi.errors import Corrupt
from onggi.fetch.url import join
from onggi.oci import reference as references
from onggi.oci.document import UNREADABLE
from onggi.registry.auth import is_at
from onggi.registry.documents import full_name
from onggi.registry.flow import Answer, Conversation, Request
from onggi.registry.place import Place
from onggi.registry.refusals import refusal

_PAGES = 1000
_LONGEST = 200  # characters of what is shown
_LINK = re.compile(r'[\s,]*<([^>]*)>((?:\s*;\s*[^\s=;,"]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]+))?)*)')
_RELATION = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)


class _Page(msgspec.Struct, frozen=True):
    tags: tuple[str, ...] | None = None


def tags(place: Place) -> Conversation[tuple[str, ...]]:
    """All of them, in the registry's order. Raises NotFound, Unauthorized, Corrupt."""
    what = f"the list of tags of {full_name(place, '')}"
    found: dict[str, None] = {}
    target, seen = f"/v2/{place.repository}/tags/list", set[str]()
    while target:
        if target in seen:
            raise Corrupt(f"{what} has no end: the registry gives the same page again")
        if len(seen) == _PAGES:
            raise Corrupt(f"{what} has no end: there are more than {_PAGES} pages")
        seen.add(target)
        answer = yield Request(method="GET", place=place, target=target)
        if answer.status != 200:
            raise refusal(answer, what)
        try:
            page = msgspec.json.decode(answer.body, type=_Page)
        except UNREADABLE as error:
            raise Corrupt(f"{what} came as something else: {error}") from error
        for tag in page.tags or ():
            if not references.is_tag(tag):
                raise Corrupt(f"{what} holds {tag[:_LONGEST]!r}, which is no tag")
            found[tag] = None
        target = next_page(place, answer, what)
    return tuple(found)


def next_page(place: Place, answer: Answer, what: str) -> str:
    """Where the list goes on, "" at its end (RFC 8288)."""
    target = _next(answer.header("link"))
    if not target:
        return ""
    url = join(answer.url, target)
    if not is_at(place, url):
        raise Corrupt(f"{what} goes on at another host: {url}")
    return url


def _next(header: str) -> str:
    """The target of the link that leads on, among others perhaps."""
    at = 0
    while link := _LINK.match(header, at):
        relation = _RELATION.search(link[2])
        if relation and "next" in (relation[1] or relation[2] or "").lower().split():
            return link[1]
        at = link.end()
    return ""
