"""The conversation that puts a signature beside an image, and the manifest that holds it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from onggi.errors import Corrupt, NotFound
from onggi.oci import config as configs
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci.config import ImageConfig, RootFs
from onggi.oci.digest import Digest
from onggi.oci.reference import Reference
from onggi.registry import blobs, documents
from onggi.registry.documents import Document
from onggi.registry.flow import Conversation
from onggi.registry.place import Place
from onggi.registry.resolve import tag_or_digest
from onggi.registry.trust import payload
from onggi.registry.trust.verification import tag_of

if TYPE_CHECKING:
    from onggi.registry.trust.keys import PrivateKey


class Receipt(msgspec.Struct, frozen=True):
    """What was signed, and where the signature is. If not `is_new`, the same key had said the same already."""

    digest: Digest
    tag: str
    is_new: bool


def sign(place: Place, reference: Reference, key: PrivateKey, annotations: Mapping[str, str]) -> Conversation[Receipt]:
    """Sign what the registry has under a reference, and put the signature there beside those that are there. Two who do
    it in the same moment may lose one: registries cannot append. Raises NotFound, Corrupt, Unauthorized."""
    image = yield from documents.fetch(place, tag_or_digest(reference))
    message = payload.make(reference, image.digest, annotations)
    tag = tag_of(image.digest)
    before = yield from _existing(place, tag)
    if before is not None and _has(before, message, key):
        return Receipt(image.digest, tag, is_new=False)
    manifest, config = append(before, message, key.sign(message))
    yield from blobs.put(place, message)
    yield from blobs.put(place, config)
    yield from documents.put(place, Document(mediatype.OCI_MANIFEST, manifest), tag)
    return Receipt(image.digest, tag, is_new=True)


def append(before: bytes | None, message: bytes, signature: bytes) -> tuple[bytes, bytes]:
    """The manifest with one signature more than `before`, of which nothing is lost, and its config. Raises Corrupt."""
    document: dict[str, Any] = {"schemaVersion": 2, "mediaType": mediatype.OCI_MANIFEST, "layers": []}
    if before is not None:
        manifests.parse(before)
        document = msgspec.json.decode(before)
    layer = _descriptor(payload.MEDIA_TYPE, message) | {"annotations": payload.signed_with(signature)}
    layers = [*document["layers"], layer]
    # An image's config, of no platform: registries and tools know those. Nothing is compressed: digests are diff IDs.
    root = RootFs("layers", tuple(each["digest"] for each in layers))
    config = configs.encode(ImageConfig(architecture="", os="", rootfs=root))
    return msgspec.json.encode(
        document | {"config": _descriptor(mediatype.OCI_CONFIG, config), "layers": layers}
    ), config


def _descriptor(media_type: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "size": len(data), "digest": digests.of(data)}


def _existing(place: Place, tag: str) -> Conversation[bytes | None]:
    try:
        document = yield from documents.fetch(place, tag)
    except NotFound:
        return None
    if document.media_type != mediatype.OCI_MANIFEST:
        raise Corrupt(
            f"{place.full_name(tag)} is where signatures belong, and it is {document.media_type}",
            hint="delete that tag, and sign again",
        )
    return document.raw


def _has(manifest: bytes, message: bytes, key: PrivateKey) -> bool:
    """Whether the key has signed the same words already."""
    wanted = digests.of(message)
    for layer in manifests.parse(manifest).layers:
        if layer.digest == wanted:
            with suppress(Corrupt):  # a broken signature says nothing
                if key.public.has_signed(message, payload.signature_of(layer)):
                    return True
    return False
