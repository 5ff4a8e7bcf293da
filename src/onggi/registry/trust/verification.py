"""The conversation that finds an image's signatures and holds them against keys.

They are looked for in two places, as cosign does: under a tag that follows from the image's digest (`sha256-<hex>.sig`)
is one manifest whose layers are what was signed; and among those that refer to the image are manifests with a bundle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from onggi.errors import Corrupt, Denied, Invalid, NotFound, Unsupported
from onggi.oci import manifest as manifests
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.registry import blobs, documents
from onggi.registry.documents import Document
from onggi.registry.flow import Conversation
from onggi.registry.place import Place
from onggi.registry.referrers import referrers
from onggi.registry.trust import bundle, payload, signatures
from onggi.registry.trust.signatures import Reason, Refused, Signed, Verdict, Verified

if TYPE_CHECKING:
    from onggi.registry.trust.keys import PublicKey

MOST = 1000
"""Signatures of one image that are looked at: as many as cosign reads."""
_LIMITS = {payload.MEDIA_TYPE: 64 << 10, bundle.MEDIA_TYPE: 1 << 20}  # bytes of what is signed, and of a bundle
# cosign 2 could be asked to let signatures of the first form refer to the image, too.
_REFERRING = "application/vnd.dev.cosign.artifact.sig.v1+json"
_BROKEN = (Corrupt, Invalid, NotFound, Unsupported)


def tag_of(digest: Digest) -> str:
    """The tag of the manifest that holds signatures (cosign's SIGNATURE_SPEC, "Tag-based Discovery")."""
    return digest.replace(":", "-") + ".sig"


def verify(
    place: Place, image: Document, keys: Sequence[PublicKey], *, is_thorough: bool = False
) -> Conversation[tuple[Verified, ...]]:
    """The signatures of an image by one of the keys: the first that is good, or with `is_thorough` all. A signature of
    an index counts for each image in it, for the index names them by their digests. Raises NotFound where there is no
    signature, Denied where none counts."""
    found = yield from _layers(place, tag_of(image.digest), image.digest)
    verdicts = yield from _judge(place, found, image, keys, is_thorough)
    if is_thorough or not _has_good(verdicts):
        for digest in (yield from _referring(place, image.digest)):
            found = yield from _layers(place, digest, image.digest)
            verdicts += yield from _judge(place, found, image, keys, is_thorough)
            if not is_thorough and _has_good(verdicts):
                break
    return signatures.accept(verdicts, place.full_name(image.digest), keys)


def _has_good(verdicts: Sequence[Verdict]) -> bool:
    return any(isinstance(each, Verified) for each in verdicts)


def _referring(place: Place, digest: Digest) -> Conversation[list[Digest]]:
    """Manifests with signatures. Attestations are bundles too; what their descriptors say saves fetching them."""
    found = yield from referrers(place, digest)
    of_interest = [
        each.digest
        for each in found
        if each.artifact_type == _REFERRING
        or (
            bundle.is_bundle(each.artifact_type)
            and each.annotations.get(bundle.PREDICATE_ANNOTATION, bundle.SIGN) == bundle.SIGN
        )
    ]
    _check_number(place, digest, len(of_interest))
    return of_interest


def _layers(place: Place, name: str, image: Digest) -> Conversation[tuple[Descriptor, ...] | Refused]:
    """What a manifest has that may be signatures of an image; nothing, if there is no such manifest."""
    try:
        document = yield from documents.fetch(place, name)
        layers = manifests.parse(document.raw).layers
    except NotFound:
        return ()
    except _BROKEN as error:
        return Refused(Reason.UNREADABLE, error.message)
    _check_number(place, image, len(layers))
    return tuple(layer for layer in layers if _kind(layer) in _READERS)


def _judge(
    place: Place,
    found: tuple[Descriptor, ...] | Refused,
    image: Document,
    keys: Sequence[PublicKey],
    is_thorough: bool,
) -> Conversation[list[Verdict]]:
    """What becomes of each, up to the first that is good."""
    if isinstance(found, Refused):
        return [found]
    verdicts: list[Verdict] = []
    for layer in found:
        try:
            signed = yield from _READERS[_kind(layer)](place, layer, image)
            verdicts.append(signatures.judge(signed, image.digest, keys))
        except _BROKEN as error:
            verdicts.append(Refused(Reason.UNREADABLE, error.message))
        if not is_thorough and isinstance(verdicts[-1], Verified):
            break
    return verdicts


def _read_payload(place: Place, layer: Descriptor, _: Document) -> Conversation[Signed]:
    signature = payload.signature_of(layer)
    return Signed(form="cosign", message=(yield from _read(place, layer)), signatures=(signature,))


def _read_bundle(place: Place, layer: Descriptor, image: Document) -> Conversation[Signed]:
    found = bundle.parse((yield from _read(place, layer)))
    message = image.raw if found.message is None else found.message
    statement = None if found.message is None else found.statement
    return Signed(
        form="bundle", message=message, signatures=found.signatures, has_key=found.has_key, statement=statement
    )


_READERS: dict[str, Callable[[Place, Descriptor, Document], Conversation[Signed]]] = {
    payload.MEDIA_TYPE: _read_payload,
    bundle.MEDIA_TYPE: _read_bundle,
}


def _kind(layer: Descriptor) -> str:
    """Bundles of all versions are read alike."""
    return bundle.MEDIA_TYPE if bundle.is_bundle(layer.media_type) else layer.media_type


def _read(place: Place, layer: Descriptor) -> Conversation[bytes]:
    limit = _LIMITS[_kind(layer)]
    if layer.size > limit:
        raise Corrupt(f"{layer.digest} has {layer.size} bytes, and what is signed at most {limit}")
    return (yield from blobs.read(place, layer))


def _check_number(place: Place, digest: Digest, number: int) -> None:
    if number > MOST:
        raise Denied(
            f"{place.full_name(digest)} has {number} signatures, and {MOST} are looked at",
            hint=f"delete {tag_of(digest)} there, and sign the image anew",
        )
