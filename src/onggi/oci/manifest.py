"""Manifest and index (OCI image spec, manifest.md and image-index.md). Docker's schema 2 has the same fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from onggi.decoders import decoder
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.document import reading


class Manifest(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """One image: its config and its layers, lowest first."""

    schema_version: int
    media_type: str = ""
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: dict[str, str] = {}


class Index(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """Several manifests, for example one per platform, or all the images of a layout."""

    schema_version: int
    media_type: str = ""
    manifests: tuple[Descriptor, ...]
    annotations: dict[str, str] = {}


def parse(raw: bytes) -> Manifest:
    """Raises Corrupt with the field that is wrong."""
    with reading("an image manifest"):
        return decoder(Manifest).decode(raw)


def parse_index(raw: bytes) -> Index:
    """Raises Corrupt with the field that is wrong."""
    with reading("an image index"):
        return decoder(Index).decode(raw)


class _Head(msgspec.Struct, frozen=True, rename="camel"):
    media_type: str = ""
    manifests: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def media_type_of(raw: bytes) -> str:
    """Of a document that may be either, as it says itself, or by what it has. Raises Corrupt."""
    with reading("an image manifest or index"):
        head = decoder(_Head).decode(raw)
    return head.media_type or (mediatype.OCI_MANIFEST if head.manifests is msgspec.UNSET else mediatype.OCI_INDEX)


def encode(document: Manifest | Index) -> bytes:
    """The bytes of a document that we create (never re-encode one that was read)."""
    return msgspec.json.encode(document)


def with_layers(raw: bytes, layers: Sequence[Descriptor]) -> bytes:
    """The manifest of the same layers in other forms, in the OCI's media types; the bytes that are given where nothing
    is other."""
    manifest = parse(raw)
    if tuple(layers) == manifest.layers:
        return raw
    config = replace(manifest.config, media_type=mediatype.OCI_CONFIG)
    described = (
        replace(each, media_type=mediatype.OCI_LAYER_FOR[mediatype.compression(each.media_type)]) for each in layers
    )
    return encode(of(config, tuple(described), manifest.annotations))


def with_manifests(raw: bytes, moved: Mapping[Digest, Descriptor]) -> bytes:
    """The index with other manifests in place of those with these digests; the bytes that are given where nothing is
    other."""
    if all(digest == now.digest for digest, now in moved.items()):
        return raw
    index = parse_index(raw)
    entries = (
        replace(each, media_type=now.media_type, digest=now.digest, size=now.size)
        if (now := moved.get(each.digest))
        else each
        for each in index.manifests
    )
    return encode(replace(index, manifests=tuple(entries)))


def of(config: Descriptor, layers: tuple[Descriptor, ...], annotations: dict[str, str] | None = None) -> Manifest:
    """A new OCI manifest."""
    return Manifest(
        schema_version=2,
        media_type=mediatype.OCI_MANIFEST,
        config=config,
        layers=layers,
        annotations=annotations or {},
    )
