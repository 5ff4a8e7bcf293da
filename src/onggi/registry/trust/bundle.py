"""Sigstore's bundle: what cosign 3 writes, and cosign 2 when asked, as a document that refers to the image.

What is signed in it is an in-toto statement in a DSSE envelope, or the image's manifest itself. What stands beside it,
entries of a transparency log and time stamps, is not looked at.
Sources: cosign's BUNDLE_SPEC, sigstore/protobuf-specs sigstore_bundle.proto, DSSE protocol.md, in-toto Statement v1.
"""

from __future__ import annotations

from typing import Any

import msgspec

from onggi.decoders import decoder
from onggi.errors import Corrupt
from onggi.oci.document import reading
from onggi.registry.trust.payload import Claim

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PREDICATE_ANNOTATION = "dev.sigstore.bundle.predicateType"
SIGN = "https://sigstore.dev/cosign/sign/v1"
"""The predicate of a signature. Others attest something about an image, that it has a flaw for instance."""

_FAMILY = "application/vnd.dev.sigstore.bundle"
_STATEMENT = "application/vnd.in-toto+json"


class _Camel(msgspec.Struct, frozen=True, rename="camel"):
    pass


class _Material(_Camel, frozen=True):
    public_key: dict[str, Any] | None = None
    certificate: dict[str, Any] | None = None
    x509_certificate_chain: dict[str, Any] | None = None


class _MessageSignature(_Camel, frozen=True):
    signature: bytes


class _Sig(_Camel, frozen=True):
    sig: bytes


class _Envelope(_Camel, frozen=True):
    payload: bytes
    payload_type: str
    signatures: tuple[_Sig, ...]


class _Bundle(_Camel, frozen=True):
    media_type: str
    verification_material: _Material
    message_signature: _MessageSignature | None = None
    dsse_envelope: _Envelope | None = None


class Bundle(msgspec.Struct, frozen=True):
    """`message` is what was signed, None for the image's manifest. `statement` is in it, where there is one. Without
    `has_key` it was signed by somebody whom a certificate names."""

    signatures: tuple[bytes, ...]
    has_key: bool
    message: bytes | None = None
    statement: bytes = b""


class _Subject(_Camel, frozen=True):
    digest: dict[str, str]
    annotations: dict[str, Any] = {}


class _Statement(_Camel, frozen=True):
    subject: tuple[_Subject, ...]
    predicate_type: str


def is_bundle(media_type: str) -> bool:
    """Any version: they differ in what stands beside the signature."""
    return media_type.startswith(_FAMILY)


def parse(raw: bytes) -> Bundle:
    """Raises Corrupt."""
    with reading("a bundle of sigstore's"):
        found = decoder(_Bundle).decode(raw)
        if not is_bundle(found.media_type):
            raise msgspec.ValidationError(f"its media type is {found.media_type!r}")
    has_key = found.verification_material.public_key is not None
    if (envelope := found.dsse_envelope) is not None:
        if envelope.payload_type != _STATEMENT:
            raise Corrupt(f"not a bundle of sigstore's: what is signed is {envelope.payload_type!r}")
        message = pre_authentication(envelope.payload_type, envelope.payload)
        return Bundle(tuple(each.sig for each in envelope.signatures), has_key, message, envelope.payload)
    if found.message_signature is None:
        raise Corrupt("not a bundle of sigstore's: there is no signature in it")
    return Bundle((found.message_signature.signature,), has_key)


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """The bytes that a DSSE signature is over: type and payload, each behind its length (DSSE protocol, "PAE")."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def claims(statement: bytes) -> tuple[Claim, ...]:
    """One for each image that a statement is about. Raises Corrupt for one that is no signature."""
    with reading("a statement that an image is signed"):
        found = decoder(_Statement).decode(statement)
        if found.predicate_type != SIGN:
            raise msgspec.ValidationError(f"it is of {found.predicate_type}")
    return tuple(
        Claim(f"sha256:{each.digest['sha256']}", annotations=each.annotations)
        for each in found.subject
        if "sha256" in each.digest
    )
