"""The tags of a repository, page by page (OCI distribution spec, "Listing Tags")."""

from __future__ import annotations

import msgspec

from onggi.decoders import decoder
from onggi.errors import Corrupt
from onggi.oci import reference as references
from onggi.oci.document import UNREADABLE
from onggi.registry.flow import Conversation, Request
from onggi.registry.pages import Pages
from onggi.registry.place import Place
from onggi.registry.refusals import refusal

_PAGES = 1000
_LONGEST = 200  # characters of what is shown


class _Page(msgspec.Struct, frozen=True):
    tags: tuple[str, ...] | None = None


def tags(place: Place) -> Conversation[tuple[str, ...]]:
    """All of them, in the registry's order. Raises NotFound, Unauthorized, Corrupt."""
    what = f"the list of tags of {place.full_name()}"
    found: dict[str, None] = {}
    pages = Pages(place, f"/v2/{place.repository}/tags/list", what, _PAGES)
    while pages.target:
        answer = yield Request(method="GET", place=place, target=pages.target)
        if answer.status != 200:
            raise refusal(answer, what)
        try:
            page = decoder(_Page).decode(answer.body)
        except UNREADABLE as error:
            raise Corrupt(f"{what} came as something else: {error}") from error
        for tag in page.tags or ():
            if not references.is_tag(tag):
                raise Corrupt(f"{what} holds {tag[:_LONGEST]!r}, which is no tag")
            found[tag] = None
        pages.turn(answer)
    return tuple(found)
