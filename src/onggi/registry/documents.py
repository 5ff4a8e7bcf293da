"""Manifests and indexes at a place: got, looked for, put, deleted (OCI distribution spec, "Pull", "Push")."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from onggi.decoders import decoder
from onggi.errors import Corrupt, Invalid, Unsupported
from onggi.oci import digest as digests
from onggi.oci import mediatype
from onggi.oci import reference as references
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.document import UNREADABLE
from onggi.registry.flow import LIMIT, Answer, Conversation, Request
from onggi.registry.place import Place
from onggi.registry.refusals import refusal

ACCEPT = ", ".join((mediatype.OCI_INDEX, mediatype.OCI_MANIFEST, mediatype.DOCKER_INDEX, mediatype.DOCKER_MANIFEST))
_KNOWN = mediatype.INDEXES | mediatype.MANIFESTS
_OLD = "application/vnd.docker.distribution.manifest.v1"


class Document(msgspec.Struct, frozen=True):
    """A manifest or index as it came, byte for byte."""

    media_type: str
    raw: bytes

    @property
    def digest(self) -> Digest:
        return digests.of(self.raw)

    @property
    def is_index(self) -> bool:
        return self.media_type in mediatype.INDEXES

    def descriptor(self) -> Descriptor:
        return Descriptor(self.media_type, self.digest, len(self.raw))


def fetch(place: Place, name: str) -> Conversation[Document]:
    """What a tag or digest names, held against the digest. Raises NotFound, Unauthorized, Corrupt, Unsupported."""
    request = Request(method="GET", place=place, target=_target(place, name), headers={"Accept": ACCEPT})
    answer = yield request
    if answer.status != 200:
        raise refusal(answer, place.full_name(name))
    media_type = _media_type(place, name, answer)
    document = Document(media_type, answer.body)
    told = name if digests.is_digest(name) else answer.header("docker-content-digest")
    if told and told != document.digest:
        raise Corrupt(f"{place.full_name(name)} came with other contents: they are {document.digest}, not {told}")
    return document


def look(place: Place, name: str, actions: tuple[str, ...] = ("pull",)) -> Conversation[Descriptor | None]:
    """What a tag or digest names, without its bytes; None if there is nothing. Nothing of it is checked. `actions`:
    what else is to be done there, so that one token is enough."""
    request = Request(
        method="HEAD", place=place, target=_target(place, name), headers={"Accept": ACCEPT}, actions=actions
    )
    answer = yield request
    if answer.status == 404:
        return None
    if answer.status != 200:
        raise refusal(answer, place.full_name(name))
    digest, size = answer.header("docker-content-digest"), answer.number("content-length")
    if digests.is_digest(digest) and size is not None:
        return Descriptor(_bare(answer), digest, size)
    return (yield from fetch(place, name)).descriptor()


def put(place: Place, document: Document, name: str = "") -> Conversation[Digest]:
    """Put it under a tag, or under its digest alone. The digest. What it names must be there already."""
    digest = document.digest
    if len(document.raw) > LIMIT:
        raise Unsupported(f"the manifest has {len(document.raw)} bytes, and registries take at most {LIMIT}")
    answer = yield Request(
        method="PUT",
        place=place,
        target=_target(place, name or digest),
        headers={"Content-Type": document.media_type},
        body=document.raw,
        actions=("pull", "push"),
    )
    if answer.status not in (200, 201, 202):
        raise refusal(answer, place.full_name(name or digest))
    return digest


def delete(place: Place, name: str) -> Conversation[None]:
    """Delete a manifest by its digest, or a tag. Raises NotFound, Unsupported."""
    answer = yield Request(method="DELETE", place=place, target=_target(place, name), actions=("pull", "delete"))
    if answer.status not in (200, 202, 204):
        raise refusal(answer, place.full_name(name))


@contextmanager
def reading(what: str) -> Iterator[None]:
    """What is wrong with a document that is read in this block is told with what it is of."""
    try:
        yield
    except (Corrupt, Invalid, Unsupported) as error:
        raise type(error)(f"{what}: {error.message}", hint=error.hint) from error


def _target(place: Place, name: str) -> str:
    if not digests.is_digest(name) and not references.is_tag(name):  # it may be a stranger's word
        raise Invalid(f"{place.full_name()} is asked for {name!r}, which is no tag and no digest")
    return f"/v2/{place.repository}/manifests/{name}"


def _media_type(place: Place, name: str, answer: Answer) -> str:
    """What the document says it is, else what the server does. Raises Corrupt for a page, Unsupported for what is no
    image."""
    told = _bare(answer)
    try:
        own = decoder(_Typed).decode(answer.body).media_type
    except UNREADABLE as error:
        if told in _KNOWN:
            raise Corrupt(f"{place.full_name(name)} is no manifest: {error}") from error
        raise Corrupt(
            f"{place.host} answered with {told or 'something'} that is no manifest",
            hint="is it a registry? A proxy or a login page may be in between",
        ) from error
    if own and told in _KNOWN and own != told:
        raise Corrupt(f"{place.full_name(name)} says it is {own}, and the registry {told}")
    found = own or told
    if found.startswith(_OLD):
        raise Unsupported(
            f"{place.full_name(name)} is in Docker's schema 1, which was given up in 2022",
            hint="push it again with a tool of today",
        )
    if found not in _KNOWN:
        raise Unsupported(f"{place.full_name(name)} is {found or 'of no known kind'}, not an image")
    return found


class _Typed(msgspec.Struct, frozen=True, rename="camel"):
    media_type: str = ""


def _bare(answer: Answer) -> str:
    return answer.header("content-type").partition(";")[0].strip().lower()
