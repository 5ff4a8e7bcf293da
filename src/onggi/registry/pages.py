"""Lists that a registry gives page by page: each page says where the next one is (OCI distribution spec, "Listing
Tags", "Listing Referrers"; RFC 8288)."""

from __future__ import annotations

import re

from onggi.errors import Corrupt
from onggi.fetch.url import join
from onggi.registry.auth import is_at
from onggi.registry.flow import Answer
from onggi.registry.place import Place

_LINK = re.compile(r'[\s,]*<([^>]*)>((?:\s*;\s*[^\s=;,"]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]+))?)*)')
_RELATION = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)


class Pages:
    """Turns the pages of a list of the place, of which there may be `most`. `target` is where the one is that is to be
    asked for, "" behind the last; `what` people call the list."""

    def __init__(self, place: Place, first: str, what: str, most: int) -> None:
        self.target = first
        self._place = place
        self._what = what
        self._most = most
        self._seen = {first}

    def turn(self, answer: Answer) -> None:
        """To the page behind the one that was answered. Raises Corrupt for a list that has no end, or goes on at
        another host, Invalid for a link that is no URL."""
        self.target = next_page(self._place, answer, self._what)
        if not self.target:
            return
        if self.target in self._seen:
            raise Corrupt(f"{self._what} has no end: the registry gives the same page again")
        if len(self._seen) == self._most:
            raise Corrupt(f"{self._what} has no end: there are more than {self._most} pages")
        self._seen.add(self.target)


def next_page(place: Place, answer: Answer, what: str) -> str:
    """Where the list goes on, "" at its end. Raises as `Pages.turn`."""
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
