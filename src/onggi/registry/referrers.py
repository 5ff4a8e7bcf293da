"""What refers to a manifest: signatures, lists of contents (OCI distribution spec, "Listing Referrers")."""

from __future__ import annotations

from urllib.parse import quote

from onggi.errors import NotFound
from onggi.oci import manifest as manifests
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.registry import documents
from onggi.registry.flow import Conversation, Request
from onggi.registry.pages import Pages
from onggi.registry.place import Place
from onggi.registry.refusals import refusal

_PAGES = 100


def referrers(place: Place, digest: Digest, artifact_type: str = "") -> Conversation[tuple[Descriptor, ...]]:
    """The manifests that have this one as their subject, those of one artifact type if it is named. Registries that do
    not keep account of them have an index under a tag instead, "Referrers Tag Schema". Raises Unauthorized, Corrupt."""
    query = f"?artifactType={quote(artifact_type, safe='')}" if artifact_type else ""
    what = f"what refers to {place.full_name(digest)}"
    pages = Pages(place, f"/v2/{place.repository}/referrers/{digest}{query}", what, _PAGES)
    found: list[Descriptor] = []
    while pages.target:
        answer = yield Request(method="GET", place=place, target=pages.target)
        if answer.status in (400, 404, 405) and not found:
            found += yield from _tagged(place, digest)
            break
        if answer.status != 200:
            raise refusal(answer, what)
        with documents.reading(what):
            found += manifests.parse_index(answer.body).manifests
        pages.turn(answer)
    return tuple(each for each in found if artifact_type in ("", each.artifact_type))


def fallback_tag(digest: Digest) -> str:
    """`sha256-<hex>`: where the index is on registries without the API."""
    return digest.replace(":", "-")


def _tagged(place: Place, digest: Digest) -> Conversation[tuple[Descriptor, ...]]:
    try:
        document = yield from documents.fetch(place, fallback_tag(digest))
    except NotFound:
        return ()
    if not document.is_index:
        return ()
    with documents.reading(place.full_name(fallback_tag(digest))):
        return manifests.parse_index(document.raw).manifests
