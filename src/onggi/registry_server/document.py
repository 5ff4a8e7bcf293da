"""Reading a manifest that is pushed: an image or an index, by OCI or by Docker."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from onggi.decoders import decoder
from onggi.errors import Corrupt
from onggi.oci import digest as digests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.document import reading
from onggi.registry_server.refusals import Refusal, shown
from onggi.store.served.contents import Member, NewManifest

_ELSEWHERE = ("application/vnd.oci.image.layer.nondistributable.", "application/vnd.docker.image.rootfs.foreign.")
"""Layers of these types are fetched from their URLs, and not pushed (image spec, "Non-Distributable Layers")."""


class _Document(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What any of them may have; null is as good as nothing."""

    schema_version: int
    media_type: str | None = None
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] | None = None
    manifests: tuple[Descriptor, ...] | None = None
    subject: Descriptor | None = None
    artifact_type: str | None = None
    annotations: dict[str, str] | None = None


def read(raw: bytes, content_type: str) -> NewManifest:
    """`content_type`: what the client calls it, "" for nothing. Raises Refusal, and Corrupt for what is no manifest."""
    with reading("a manifest"):
        document = decoder(_Document).decode(raw)
    media_type = _media_type(document, content_type)
    for descriptor in (*_named(document), *([document.subject] if document.subject else ())):
        if not digests.is_digest(descriptor.digest):
            raise Refusal("DIGEST_INVALID", f"the manifest names {shown(descriptor.digest)}; only sha256 is known here")
    subject = document.subject.digest if document.subject else ""
    artifact_type = document.artifact_type or (document.config.media_type if document.config else "")
    return NewManifest(
        raw=raw,
        media_type=media_type,
        members=tuple(Member(each.digest, each.size) for each in _named(document) if not _is_elsewhere(each)),
        subject=subject,
        artifact_type=artifact_type,
        descriptor=_describe(raw, media_type, artifact_type, document) if subject else b"",
    )


def _media_type(document: _Document, content_type: str) -> str:
    own = document.media_type or ""
    media_type = content_type or own
    if document.schema_version != 2 or media_type not in mediatype.MANIFESTS | mediatype.INDEXES:
        raise Refusal(
            "MANIFEST_INVALID",
            f"a manifest of type {shown(media_type)} and schema version {document.schema_version}: this registry keeps"
            " OCI's and those of Docker's schema 2",
        )
    if own not in ("", media_type):
        raise Refusal("MANIFEST_INVALID", f"it was sent as {media_type}, but calls itself {shown(own)}")
    is_index = media_type in mediatype.INDEXES
    # One that is both could mean one thing to who checks it and another to who runs it (CVE-2021-41190).
    parts = (document.manifests is not None, document.config is not None, document.layers is not None)
    if parts != ((True, False, False) if is_index else (False, True, True)):
        needed = "manifests, and neither config nor layers" if is_index else "config and layers, and no manifests"
        raise Corrupt(f"not a manifest of type {media_type}: that has {needed}")
    return media_type


def _named(document: _Document) -> Iterator[Descriptor]:
    if document.config:
        yield document.config
    yield from document.layers or ()
    yield from document.manifests or ()


def _is_elsewhere(descriptor: Descriptor) -> bool:
    return descriptor.media_type.startswith(_ELSEWHERE)


def _describe(raw: bytes, media_type: str, artifact_type: str, document: _Document) -> bytes:
    """The entry in the list of its subject's referrers (distribution spec, "Listing Referrers")."""
    digest: Digest = digests.of(raw)
    annotations = document.annotations or {}
    return msgspec.json.encode(
        Descriptor(media_type, digest, len(raw), annotations=annotations, artifact_type=artifact_type)
    )
